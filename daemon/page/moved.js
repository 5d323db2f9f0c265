// What moved a KPI in the last day: what entered its window, what left it, what was corrected.
import {askPatiently} from './api.js';
import {el, table} from './dom.js';
import * as format from './format.js';
import {labelParameters} from './place.js';

const ROWS = 10;

function changeRow(name, change, unit, labels = {}) {
  const text = (t) => format.value(t, unit, labels);
  const signed = change.change !== null && Number(change.change) > 0 ? `+${text(change.change)}` : text(change.change);
  const parts = change.entered === undefined ? [] : [text(change.entered), text(change.left), text(change.corrected)];
  return [name, text(change.from), text(change.to), signed, ...parts];
}

function listTable(caption, list, unit) {
  const rows = list.greatest.slice(0, ROWS).map((one) => changeRow(format.labelsText(one.labels), one, unit, one.labels));
  const parts = list.greatest.some((one) => one.entered !== undefined);
  const heads = ['', 'From', 'To', 'Change', ...(parts ? ['Entered', 'Left', 'Corrected'] : [])];
  const filled = rows.map((row) => [...row, ...Array(heads.length - row.length).fill(format.ABSENT)]);
  return table(
    list.count > ROWS ? `${caption}: the ${ROWS} greatest changes of ${format.number(String(list.count))}` : caption,
    heads,
    filled,
    heads.map((h, i) => i).slice(1),
  );
}

function numberParts(number, unit) {
  const parts = [];
  if (number.total) parts.push(listTable('All together', {count: 1, greatest: [{...number.total, labels: {}}]}, unit));
  for (const group of number.groups) parts.push(listTable(`By ${group.by}`, group, unit));
  if (number.groups.length === 0 && number.series.greatest.length > 0) parts.push(listTable('Series', number.series, unit));
  return parts;
}

// A section, also where the question cannot be answered: it then says why.
export async function explain(kpi, window, labels, still) {
  const section = el('section', {id: 'moved', 'aria-labelledby': 'moved-heading'}, el('h2', {id: 'moved-heading'}, 'What moved it'));
  try {
    const answer = await askPatiently(
      'explain',
      [['kpi', kpi], ['window', window], ...labelParameters(labels), ['limit', String(ROWS)]],
      still,
    );
    section.append(
      el(
        'p',
        {class: 'help'},
        `From ${format.when(answer.from)} to ${format.when(answer.to)}. `,
        'What entered the window, what left it, and what came late or was corrected add up to the change.',
      ),
    );
    section.append(...numberParts(answer, answer.unit));
    if (answer.made_of.length > 0) {
      section.append(
        el(
          'details',
          {},
          el('summary', {}, 'What it is made of'),
          answer.made_of.map((number) =>
            el('div', {}, el('h3', {}, format.title(number.name)), numberParts(number, number.name === 'count' ? '' : answer.unit)),
          ),
        ),
      );
    }
  } catch (problem) {
    section.append(el('p', {class: 'help'}, `Not known: ${problem.message}.`));
  }
  return section;
}
