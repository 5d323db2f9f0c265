// What breaches its limits now.
import {el} from './dom.js';
import * as format from './format.js';
import {address} from './place.js';

const SEVERITIES = ['critical', 'error', 'warning', 'info'];
const rank = (breach) =>
  (breach.state === 'firing' ? 0 : 10) + ((SEVERITIES.indexOf(breach.severity) + SEVERITIES.length + 1) % (SEVERITIES.length + 1));

// What fires before what is pending, the severest first.
export function active(answer) {
  return answer.breaches.filter((breach) => breach.state !== 'inactive').sort((a, b) => rank(a) - rank(b));
}

function item(breach, now) {
  const labels = breach.labels || {};
  const place = {kpi: breach.kpi, window: breach.window, labels: Object.entries(labels)};
  const firing = breach.state === 'firing';
  const since = breach.since === null ? '' : `since ${format.when(breach.since)} (${format.ago(now - Date.parse(breach.since))})`;
  return el(
    'li',
    {class: `breach ${breach.state} ${breach.severity}`},
    el('span', {class: 'badge'}, firing ? breach.severity : 'pending'),
    el(
      'div',
      {},
      el('a', {href: address(place)}, format.title(breach.rule)),
      el('span', {class: 'labels'}, Object.keys(labels).length > 0 ? format.labelsText(labels) : ''),
      el(
        'p',
        {},
        el('strong', {}, breach.observed === null ? 'No value' : format.value(breach.observed, breach.unit, labels)),
        `${breach.observed === null ? '; the limit is' : ' is'} ${breach.direction} ${format.value(breach.enter, breach.unit, labels)}`,
        ` · ${breach.window} · ${since} · ${breach.team}`,
      ),
      breach.help ? el('p', {class: 'help'}, breach.help) : null,
    ),
  );
}

const few = () => (matchMedia('(max-width: 30rem)').matches ? 3 : 6);

// `fresh`: numbers are as of now, so that "nothing" means that all is well.
export function section(answer, now, fresh, more, onmore) {
  const list = active(answer);
  const firing = list.filter((breach) => breach.state === 'firing').length;
  const heading =
    list.length === 0
      ? fresh
        ? 'No limit is breached'
        : 'No limit was breached when numbers were last known'
      : `${firing} firing, ${list.length - firing} pending`;
  const shown = more ? list : list.slice(0, few());
  return el(
    'section',
    {id: 'breaches', class: list.length === 0 && fresh ? 'calm' : '', 'aria-labelledby': 'breaches-heading'},
    el('h2', {id: 'breaches-heading'}, heading),
    list.length === 0
      ? null
      : el(
          'ul',
          {class: 'breaches'},
          shown.map((breach) => item(breach, now)),
        ),
    list.length <= few()
      ? null
      : el(
          'button',
          {type: 'button', id: 'more-breaches', 'aria-expanded': String(more), onclick: onmore},
          more ? 'Show fewer' : `Show all ${list.length}`,
        ),
  );
}
