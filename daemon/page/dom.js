// Elements from data. Text always goes in as text, never as markup: labels are written by strangers.

export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? '' : String(value));
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

const SVG = 'http://www.w3.org/2000/svg';
export function svg(tag, attributes = {}, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, String(value));
  node.append(...children);
  return node;
}

// Sets text only where it differs, so that nothing is selected or announced anew.
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

// A table with a caption; cells are texts or nodes, those of `numeric` columns to the right.
export function table(caption, heads, rows, numeric = []) {
  const cell = (tag, content, column, extra = {}) => el(tag, {...extra, class: numeric.includes(column) ? 'number' : null}, content);
  return el(
    'div',
    {class: 'scroll', tabindex: '0', role: 'region', 'aria-label': caption},
    el(
      'table',
      {},
      el('caption', {}, caption),
      el(
        'thead',
        {},
        el(
          'tr',
          {},
          heads.map((head, i) => cell('th', head, i, {scope: 'col'})),
        ),
      ),
      el(
        'tbody',
        {},
        rows.map((row) =>
          el(
            'tr',
            {},
            row.map((content, i) => (i === 0 ? cell('th', content, i, {scope: 'row'}) : cell('td', content, i))),
          ),
        ),
      ),
    ),
  );
}

// A choice with a label. Options: [value, text], or [group, [[value, text], ...]].
export function select(label, value, options, onchange) {
  const choice = ([key, text]) =>
    Array.isArray(text) ? el('optgroup', {label: key}, text.map(choice)) : el('option', {value: key, selected: key === value}, text);
  return el(
    'label',
    {class: 'field'},
    el('span', {}, label),
    el('select', {onchange: (e) => onchange(e.target.value)}, options.map(choice)),
  );
}
