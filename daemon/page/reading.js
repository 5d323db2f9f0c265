// How the daemon is, what it reads and how far behind it is.
import {el, table} from './dom.js';
import * as format from './format.js';

export const STALE_MS = 120e3; // T older than this is said

// {level: "ok" | "warn" | "bad", text}: one sentence of how far the numbers can be trusted.
export function stateOf(status) {
  if (status.phase === 'restoring' || status.phase === 'starting')
    return {level: 'warn', text: 'Restoring the stored state; no numbers yet'};
  if (status.phase === 'failed') return {level: 'bad', text: `The engine has stopped: ${status.reason}`};
  const now = Date.parse(status.time);
  const known = knownThrough(status);
  const age = known === null ? null : now - known;
  const as = known === null ? 'no event time is known yet' : `as of ${format.clock(new Date(known))}`;
  if (status.complete === false) return {level: 'bad', text: `Incomplete (${status.reason}); ${as}`};
  if (age === null) return {level: 'warn', text: `No event time is known yet (${status.reason})`};
  if (age > STALE_MS) return {level: 'warn', text: `Stale: ${as}, ${format.ago(age)}${status.ready ? '' : ` (${status.reason})`}`};
  if (!status.ready) return {level: 'warn', text: `Not ready: ${status.reason}; ${as}`};
  return {level: 'ok', text: `Live, ${as}`};
}

// The least over the partitions that are ours: windows are read then at the latest.
export function knownThrough(status) {
  const owned = (status.partitions || []).filter((p) => p.owned);
  if (owned.length === 0 || owned.some((p) => p.known_through === null)) return null;
  return Math.min(...owned.map((p) => Date.parse(p.known_through)));
}

const behind = (p) => Math.max(0, p.log_end - p.next_offset);

function topicRows(status) {
  const topics = new Map();
  for (const p of status.partitions || []) topics.set(p.topic, [...(topics.get(p.topic) || []), p]);
  return [...topics].map(([topic, parts]) => {
    const times = parts
      .map((p) => p.known_through)
      .filter((t) => t !== null)
      .map((t) => Date.parse(t));
    const bad = parts.filter((p) => p.health !== 'ok');
    return [
      topic,
      format.number(String(parts.length)),
      format.number(String(parts.reduce((sum, p) => sum + behind(p), 0))),
      times.length === 0 ? format.ABSENT : format.ago(Date.parse(status.time) - Math.min(...times)),
      format.number(String(parts.reduce((sum, p) => sum + p.records_read, 0))),
      bad.length === 0 ? 'ok' : `${bad.length} not ok`,
    ];
  });
}

function partitionRows(status) {
  return (status.partitions || []).map((p) => [
    `${p.topic}/${p.partition}`,
    p.owned ? 'yes' : 'no',
    format.number(String(behind(p))),
    p.known_through === null ? format.ABSENT : format.when(p.known_through),
    p.reason ? `${p.health}: ${p.reason}` : p.health,
  ]);
}

function sourceRows(status) {
  return (status.sources || []).map((s) => [
    s.source,
    s.overdue ? el('strong', {class: 'bad'}, 'overdue') : 'in time',
    format.when(s.last_event),
    s.complete_through === null ? format.ABSENT : format.when(s.complete_through),
  ]);
}

export function section(status, open) {
  const sources = sourceRows(status);
  return el(
    'section',
    {id: 'reading', 'aria-labelledby': 'reading-heading'},
    el('h2', {id: 'reading-heading'}, 'What is read'),
    (status.partitions || []).length === 0
      ? el('p', {class: 'help'}, 'No partition is assigned yet.')
      : table(
          'Topics',
          ['Topic', 'Partitions', 'Records behind', 'Known through', 'Records read', 'Health'],
          topicRows(status),
          [1, 2, 3, 4],
        ),
    sources.length === 0 ? null : table('Sources', ['Source', 'Heard of', 'Last event', 'Complete through'], sources),
    el(
      'details',
      {id: 'partitions', open},
      el('summary', {}, 'Partitions'),
      table('Partitions', ['Partition', 'Ours', 'Records behind', 'Known through', 'Health'], partitionRows(status), [2]),
    ),
  );
}

export function footerText(status) {
  const commit = status.commit_sequence === undefined ? '' : ` · commit ${format.number(String(status.commit_sequence))}`;
  return `tidemark ${status.version}${commit}`;
}
