// All KPIs by subject, each with its number, change, target and sparkline.
import * as breaches from './breaches.js';
import * as charts from './charts.js';
import {el, select, setText} from './dom.js';
import * as format from './format.js';
import {address, labelParameters} from './place.js';
import * as reading from './reading.js';
import {ask, askPatiently} from './api.js';

const OWN = 'Your own';

export class Overview {
  constructor(place, go) {
    this.place = place;
    this.go = go; // (place): to another address, without a new entry in the history
    this.cards = new Map();
    this.history = null;
    this.more = false;
    this.filters = el('form', {class: 'filters', role: 'search', 'aria-label': 'Filter KPIs', onsubmit: (e) => e.preventDefault()});
    this.top = el('div');
    this.body = el('div', {id: 'kpis'});
    this.count = el('p', {class: 'help', id: 'count', role: 'status'});
    this.bottom = el('div');
    this.heading = el('h1', {class: 'hidden'}, 'Key figures');
    this.node = el('div', {}, this.heading, this.top, this.filters, this.count, this.body, this.bottom);
  }
  title() {
    return 'tidemark';
  }

  async refresh(status) {
    const {window, subject, labels} = this.place;
    const asked = [
      ...(window ? [['window', window]] : []),
      ...(subject && subject !== OWN ? [['subject', subject]] : []),
      ...labelParameters(labels),
    ];
    const [answer, rules] = await Promise.all([askPatiently('overview', asked), ask('breaches', [['limit', '500']])]);
    this.now = Date.parse(status.time);
    this.fresh = reading.stateOf(status).level === 'ok';
    this.answer = answer;
    this.rules = rules;
    this.showTop();
    this.showFilters(answer);
    this.showCards(answer);
    const open = this.bottom.querySelector('details')?.open ?? false;
    this.bottom.replaceChildren(reading.section(status, open));
    this.refreshHistory();
  }

  showTop() {
    const focused = document.activeElement?.id === 'more-breaches';
    const onmore = () => {
      this.more = !this.more;
      this.showTop();
    };
    this.top.replaceChildren(breaches.section(this.rules, this.now, this.fresh, this.more, onmore));
    if (focused) document.getElementById('more-breaches')?.focus();
  }

  // Sparklines change at whole hours only: the rest of the page never waits for them.
  async refreshHistory() {
    const hour = Math.floor(this.now / 3600e3);
    const wanted = `${hour} ${this.place.window}`;
    if (this.historyOf === wanted || this.place.labels.length > 0) return;
    this.historyOf = wanted;
    try {
      this.history = await ask('history', [['kpis', 'overview'], ...(this.place.window ? [['window', this.place.window]] : [])]);
      if (this.answer) this.showCards(this.answer);
    } catch (problem) {
      this.historyOf = null; // with the next refresh
    }
  }

  // Made once: they must not change under somebody's fingers. The choices are those of the first answer.
  showFilters(answer) {
    if (this.filters.childElementCount > 0) return;
    const change = (changed) => this.go({...this.place, ...changed});
    const search = el('input', {
      type: 'search',
      id: 'search',
      value: this.place.q,
      placeholder: 'Name, or what it says',
      autocomplete: 'off',
      spellcheck: 'false',
      oninput: (e) => {
        this.place.q = e.target.value;
        history.replaceState(null, '', address(this.place));
        this.showCards(this.answer);
      },
    });
    const subjects = [...new Set(answer.kpis.map((kpi) => kpi.subject || OWN))].sort();
    if (this.place.subject && !subjects.includes(this.place.subject)) subjects.push(this.place.subject);
    const windows = [...new Set(answer.kpis.map((kpi) => kpi.window))].sort(byLength);
    if (this.place.window && !windows.includes(this.place.window)) windows.unshift(this.place.window);
    for (const usual of ['1h', '24h', '7d', '30d', 'today', 'month_to_date', 'quarter_to_date', 'lifetime']) {
      if (!windows.includes(usual)) windows.push(usual);
    }
    const label = this.place.labels[0] ? this.place.labels[0].join('=') : '';
    const values = Object.entries(answer.labels)
      .sort()
      .filter(([, all]) => all.length > 0)
      .map(([name, all]) => [name, all.map((text) => [`${name}=${text}`, `${name} = ${format.visible(text)}`])]);
    this.filters.append(
      el('label', {class: 'field grow'}, el('span', {}, 'Find'), search),
      select('Subject', this.place.subject, [['', 'All subjects'], ...subjects.map((s) => [s, format.title(s)])], (subject) =>
        change({subject}),
      ),
      select(
        'Window',
        this.place.window,
        [['', 'Each KPI’s first'], ...windows.sort(byLength).map((w) => [w, w.replaceAll('_', ' ')])],
        (window) => change({window}),
      ),
      select('Only', label, [['', 'Everything'], ...values], (text) => {
        const at = text.indexOf('=');
        change({labels: text === '' ? [] : [[text.slice(0, at), text.slice(at + 1)]]});
      }),
    );
  }

  matches(kpi) {
    const words = this.place.q
      .toLowerCase()
      .split(/\s+/)
      .filter((word) => word !== '');
    const text = `${kpi.name} ${kpi.name.replaceAll('_', ' ')} ${kpi.help} ${kpi.subject}`.toLowerCase();
    return words.every((word) => text.includes(word)) && (this.place.subject !== OWN || kpi.subject === '');
  }

  showCards(answer) {
    const groups = new Map();
    const kpis = answer.kpis.filter((kpi) => this.matches(kpi));
    for (const kpi of kpis) {
      const subject = kpi.subject || OWN;
      groups.set(subject, [...(groups.get(subject) || []), kpi]);
    }
    const firing = new Map();
    for (const breach of breaches.active(this.rules))
      firing.set(breach.kpi, breach.state === 'firing' || firing.get(breach.kpi) === true);
    const order = [...groups.keys()].sort((a, b) => (b === OWN) - (a === OWN));
    const sections = order.map((subject) => this.sectionOf(subject, groups.get(subject), firing));
    const same = sections.length === this.body.children.length && sections.every((section, i) => section === this.body.children[i]);
    if (!same) this.body.replaceChildren(...sections);
    setText(
      this.count,
      kpis.length === 0
        ? 'No KPI matches.'
        : `${kpis.length} of ${answer.kpis.length} KPIs${answer.truncated ? ' (not all are shown)' : ''}`,
    );
  }

  sectionOf(subject, kpis, firing) {
    const key = `section ${subject}`;
    const section =
      this.cards.get(key) || el('section', {class: 'subject'}, el('h2', {}, format.title(subject)), el('ul', {class: 'cards'}));
    this.cards.set(key, section);
    const list = section.querySelector('ul');
    const nodes = kpis.map((kpi) => {
      const node = this.cards.get(kpi.name) || makeCard();
      this.cards.set(kpi.name, node);
      this.fill(node, kpi, firing.get(kpi.name));
      return node;
    });
    const same = nodes.length === list.children.length && nodes.every((node, i) => node === list.children[i]);
    if (!same) list.replaceChildren(...nodes);
    return section;
  }

  fill(node, kpi, firing) {
    const link = node.querySelector('a');
    setText(link, format.title(kpi.name));
    link.href = address({kpi: kpi.name, window: kpi.window, labels: this.place.labels});
    node.title = kpi.help;
    const stale = kpi.evaluated_at === null || this.now - Date.parse(kpi.evaluated_at) > reading.STALE_MS;
    node.className = `card${firing === undefined ? '' : firing ? ' firing' : ' pending'}${stale ? ' stale' : ''}`;
    const number = node.querySelector('.value');
    number.dataset.kpi = kpi.name;
    number.dataset.window = kpi.window;
    number.dataset.value = kpi.value ?? '';
    setText(number, kpi.withheld ? 'withheld' : kpi.counted ? format.value(kpi.value, kpi.unit, kpi.labels || {}) : 'being counted');
    setText(node.querySelector('.of'), describe(kpi));
    node.querySelector('.notes').replaceChildren(...notes(kpi, stale, this.now, firing));
    const spark = node.querySelector('.spark-place');
    const points = this.pointsOf(kpi);
    const drawn = JSON.stringify(points);
    if (spark.dataset.drawn !== drawn) {
      spark.dataset.drawn = drawn;
      spark.replaceChildren(points.length > 0 ? charts.sparkline(points) : '');
    }
  }

  pointsOf(kpi) {
    const values = this.history?.kpis[kpi.name];
    if (!values || values.window !== kpi.window || this.place.labels.length > 0) return [];
    const end = Math.floor(this.now / 600e3) * 600e3; // so that it moves every ten minutes, not at each refresh
    const begin = charts.rangeBegin(charts.rangeOf(kpi.window), end);
    const points = this.history.times.map((t, i) => [Date.parse(t), values.values[i] === null ? null : Number(values.values[i])]);
    if (kpi.value !== null) points.push([this.now, Number(kpi.value)]);
    return points.filter(([t]) => t >= begin);
  }
}

const UNITS = {m: 1, h: 60, d: 1440};
function byLength(a, b) {
  const size = (w) => {
    const m = /^(\d+)([mhd])$/.exec(w);
    return m ? Number(m[1]) * UNITS[m[2]] : Infinity;
  };
  return size(a) === size(b) ? a.localeCompare(b) : size(a) - size(b);
}

function makeCard() {
  return el(
    'li',
    {class: 'card'},
    el('h3', {}, el('a', {href: '#'})),
    el('p', {class: 'figure'}, el('span', {class: 'value'}), el('span', {class: 'spark-place'})),
    el('p', {class: 'of'}),
    el('p', {class: 'notes'}),
  );
}

function describe(kpi) {
  const window = kpi.window.replaceAll('_', ' ');
  if (kpi.series === 0) return `${window} · nothing yet`;
  if (kpi.total) return `${window} · ${format.number(String(kpi.series))} series together`;
  const of = Object.keys(kpi.labels || {}).length === 0 ? '' : ` · ${format.labelsText(kpi.labels)}`;
  return `${window}${of}${kpi.series > 1 ? ` (of ${format.number(String(kpi.series))})` : ''}`;
}

const arrow = (change) => (change > 0 ? '▲' : change < 0 ? '▼' : '');

// What else there is to say about a number, in short.
function notes(kpi, stale, now, firing) {
  const list = [];
  const say = (text, level = '') => list.push(el('span', {class: `note ${level}`}, text));
  if (firing !== undefined) say(firing ? 'breached' : 'pending', firing ? 'bad' : 'warn');
  if (stale) say(kpi.evaluated_at === null ? 'not known yet' : `as of ${format.ago(now - Date.parse(kpi.evaluated_at))}`, 'warn');
  for (const [name, then] of Object.entries(kpi.compare || {})) {
    if (then === null || kpi.value === null) continue;
    const change = kpi.unit === 'ratio' ? null : (Number(kpi.value) - Number(then)) / Math.abs(Number(then));
    if (change === null) say(`${format.value(then, 'ratio')} ${name} before`);
    else if (Number.isFinite(change))
      say(
        `${arrow(change)} ${format.signedPercent(change)} ${name === 'previous' ? 'on the one before' : `on ${name} ago`}`,
        'change',
      );
  }
  if (kpi.attainment !== undefined && kpi.attainment !== null) {
    const pace = kpi.expected ? Number(kpi.attainment) / Number(kpi.expected) : null;
    say(
      `${format.share(Number(kpi.attainment))} of ${format.value(kpi.target, kpi.unit)}` + (pace === null ? '' : `, pace ${format.share(pace)}`),
      pace !== null && pace < 0.8 ? 'warn' : '',
    );
  }
  if (kpi.coverage !== undefined && kpi.coverage !== null && kpi.coverage < 0.999)
    say(`covers ${format.share(kpi.coverage)}`, kpi.coverage < 0.5 ? 'warn' : '');
  return list;
}
