// One KPI: its number, a chart and a table of its series, what moved it, its definition.
import * as breaches from './breaches.js';
import * as charts from './charts.js';
import {el, select, setText, table} from './dom.js';
import {explain} from './moved.js';
import * as format from './format.js';
import {address, labelParameters} from './place.js';
import * as reading from './reading.js';
import {ask, askPatiently} from './api.js';

const CHARTED = 8;

export class Kpi {
  constructor(place, go) {
    this.place = place;
    this.go = go;
    this.node = el('div', {class: 'kpi'});
    this.alive = true;
    this.parts = {now: el('div'), breaches: el('div'), chart: el('div'), series: el('div'), moved: el('div'), about: el('div')};
  }
  title() {
    return `${format.title(this.place.kpi)} · tidemark`;
  }
  close() {
    this.alive = false;
  }

  async refresh(status) {
    const {kpi, window, labels} = this.place;
    const asked = [['kpi', kpi], ...(window ? [['window', window]] : []), ...labelParameters(labels), ['limit', '2000']];
    const [answer, rules] = await Promise.all([ask('kpis', asked), ask('breaches', [['limit', '500']])]);
    const first = this.info === undefined;
    [this.info] = answer.kpis;
    this.window = window || this.info.windows[0];
    this.now = Date.parse(status.time);
    if (first) this.build();
    this.showNow();
    const list = breaches.active(rules).filter((breach) => breach.kpi === kpi);
    this.parts.breaches.replaceChildren(
      ...(list.length === 0 ? [] : [breaches.section({breaches: list}, this.now, true, true, () => {})]),
    );
    this.parts.breaches.querySelector('button')?.remove();
    await this.refreshHistory();
    if (first) this.explain();
  }

  build() {
    const {info, place} = this;
    const to = (changed) => address({...place, ...changed});
    const windows = el(
      'nav',
      {class: 'windows', 'aria-label': 'Window'},
      info.windows.map((w) =>
        el('a', {href: to({window: w, range: ''}), 'aria-current': w === this.window ? 'true' : null}, w.replaceAll('_', ' ')),
      ),
    );
    const filters = el(
      'form',
      {class: 'filters', 'aria-label': 'Series', onsubmit: (e) => e.preventDefault()},
      this.splitField(),
      this.labelFields(),
      this.rangeField(),
    );
    this.node.replaceChildren(
      el(
        'nav',
        {'aria-label': 'Breadcrumb', class: 'crumbs'},
        el('a', {href: '/'}, 'All KPIs'),
        info.subject ? [' / ', el('a', {href: address({subject: info.subject})}, format.title(info.subject))] : null,
      ),
      el('h1', {}, format.title(info.name)),
      el('p', {class: 'lead'}, info.help),
      this.parts.now,
      this.parts.breaches,
      windows,
      filters,
      this.parts.chart,
      this.parts.series,
      this.parts.moved,
      this.parts.about,
    );
    this.parts.about.replaceChildren(this.about());
    this.parts.chart.replaceChildren(
      el(
        'section',
        {'aria-labelledby': 'history-heading'},
        el('h2', {id: 'history-heading'}, 'History'),
        el('p', {class: 'help', id: 'history-note'}, 'Loading…'),
      ),
    );
  }

  splitField() {
    const {info, place} = this;
    if (!info.additive || info.labels.length === 0) return null;
    const by = place.by === null ? '' : place.by;
    return select('Split by', by, [['', 'Not split'], ...info.labels.map((name) => [name, name]), ['*', 'Each series']], (value) =>
      this.go({...place, by: value}),
    );
  }
  labelFields() {
    const {info, place} = this;
    const values = new Map(info.labels.map((name) => [name, new Set()]));
    for (const series of info.series) for (const name of info.labels) values.get(name).add(series.labels[name]);
    return info.labels.map((name) => {
      const chosen = place.labels.find(([key]) => key === name);
      const all = [...values.get(name)].sort();
      if (chosen && !all.includes(chosen[1])) all.push(chosen[1]);
      const choices = [['', 'All'], ...all.map((text) => [`=${text}`, format.visible(text)])];
      return select(name, chosen ? `=${chosen[1]}` : '', choices, (text) => {
        const others = place.labels.filter(([key]) => key !== name);
        this.go({...place, labels: text === '' ? others : [...others, [name, text.slice(1)]]});
      });
    });
  }
  range() {
    return this.place.range || charts.rangeOf(this.window);
  }
  rangeField() {
    return select(
      'Shown',
      this.range(),
      [
        ['48h', 'Last 48 hours'],
        ['35d', 'Last 35 days'],
      ],
      (range) => this.go({...this.place, range}),
    );
  }

  showNow() {
    const {info} = this;
    const stale = info.evaluated_at === null || this.now - Date.parse(info.evaluated_at) > reading.STALE_MS;
    const coverage = info.coverage[this.window];
    const facts = [
      info.evaluated_at === null
        ? 'no event time is known yet'
        : `as of ${format.when(info.evaluated_at)} (${format.ago(this.now - Date.parse(info.evaluated_at))})`,
    ];
    if (coverage !== undefined && coverage !== null && coverage < 0.999) facts.push(`covers ${format.share(coverage)} of the window`);
    if (!info.counted) facts.push('a back-fill is counting its past: it has no series yet');
    if (info.withheld) facts.push('withheld: its entities found no room (limits.max_entities)');
    const main = el('span', {class: 'value', id: 'now', 'data-value': ''}, '');
    this.parts.main = main;
    this.parts.now.replaceChildren(
      el(
        'p',
        {class: `now${stale ? ' stale' : ''}`},
        main,
        el('span', {class: 'help'}, `${this.window.replaceAll('_', ' ')} · ${facts.join(' · ')}`),
      ),
    );
    this.showMain();
  }
  // The number on top is the only line of the chart, where there is one.
  showMain() {
    const series = this.history?.series || [];
    const shown = series.length === 1 ? series[0].now : null;
    this.parts.main.dataset.value = shown ?? '';
    setText(
      this.parts.main,
      series.length === 1
        ? format.value(shown, this.info.unit, series[0].labels)
        : series.length > 1
          ? `${series.length}${this.history.truncated ? '+' : ''} series`
          : '',
    );
  }

  // Past values change at whole hours only, and what is now comes with each answer.
  async refreshHistory() {
    const {kpi, labels, by} = this.place;
    const split = this.info.additive && by !== '*' && this.info.labels.length > 0 ? [['by', by ?? '']] : [];
    const asked = [['kpi', kpi], ['window', this.window], ...labelParameters(labels), ...split, ['limit', '100']];
    try {
      this.history = await askPatiently('history', asked, () => this.alive);
    } catch (problem) {
      if (this.history === undefined) setText(document.getElementById('history-note') || el('p'), `No history: ${problem.message}`);
      if (problem.status === 503 || problem.status === 0) return;
    }
    if (!this.alive || !this.history) return;
    this.showMain();
    this.showChart();
    this.showSeries();
  }

  lines() {
    const now = Date.parse(this.history.now);
    const begin = charts.rangeBegin(this.range(), now);
    const times = this.history.times.map((t) => Date.parse(t));
    return this.history.series.slice(0, CHARTED).map((series) => {
      const points = times.map((t, i) => [t, series.values[i]]);
      return {label: format.labelsText(series.labels), points: [...points, [now, series.now]].filter(([t]) => t >= begin)};
    });
  }

  showChart() {
    const lines = this.lines();
    const now = Date.parse(this.history.now);
    let canvas = document.getElementById('chart');
    if (canvas === null) {
      canvas = el('canvas', {id: 'chart', role: 'img'});
      this.legend = el('div');
      this.note = el('p', {class: 'help', id: 'history-note'});
      this.parts.chart.replaceChildren(
        el(
          'section',
          {'aria-labelledby': 'history-heading'},
          el('h2', {id: 'history-heading'}, 'History'),
          el('div', {class: 'chart'}, canvas),
          this.legend,
          this.note,
        ),
      );
    }
    canvas.setAttribute(
      'aria-label',
      `Line chart of ${format.title(this.info.name)}, ${this.window}: ${lines.length} series; the same numbers are in the table below`,
    );
    const known = lines
      .flatMap((line) => line.points)
      .filter(([, text]) => text !== null)
      .map(([t]) => t);
    const begin = known.length > 1 ? Math.min(...known) : charts.rangeBegin(this.range(), now);
    charts.draw(canvas, lines, this.info.unit, [begin, now]);
    this.legend.replaceChildren(lines.length > 1 ? charts.legend(lines) : '');
    const all = this.history.series.length;
    setText(
      this.note,
      `${all > CHARTED ? `The ${CHARTED} greatest of ${all}${this.history.truncated ? ' or more' : ''} series. ` : ''}` +
        'As shown at whole hours (two days) and at midnights UTC (five weeks); later corrections do not change the past here.',
    );
  }

  showSeries() {
    const {info, history} = this;
    const dayAgo = history.times.findLastIndex((t) => Date.parse(t) <= Date.parse(history.now) - 24 * 3600e3);
    const rows = history.series.map((series) => {
      const then = dayAgo < 0 ? null : series.values[dayAgo];
      const change = then === null || series.now === null ? null : Number(series.now) - Number(then);
      const entries = Object.entries(series.labels);
      const name =
        entries.length === 0
          ? 'All'
          : el(
              'a',
              {href: address({...this.place, by: null, labels: mergeLabels(this.place.labels, entries)})},
              format.labelsText(series.labels),
            );
      return [
        name,
        format.value(series.now, info.unit, series.labels),
        format.value(then, info.unit, series.labels),
        change === null ? format.ABSENT : `${change > 0 ? '+' : ''}${format.value(String(change), info.unit, series.labels)}`,
      ];
    });
    const open = this.parts.series.querySelector('details')?.open ?? false;
    const focused = this.parts.series.contains(document.activeElement) ? document.activeElement.getAttribute('href') : null;
    this.parts.series.replaceChildren(
      table(
        history.truncated ? `The ${rows.length} greatest series` : 'Series',
        ['Series', 'Now', 'A day ago', 'Change'],
        rows,
        [1, 2, 3],
      ),
      el('details', {id: 'points', open}, el('summary', {}, 'All points as a table'), this.pointsTable()),
    );
    if (focused !== null) [...this.parts.series.querySelectorAll('a')].find((a) => a.getAttribute('href') === focused)?.focus();
  }

  pointsTable() {
    const {history, info} = this;
    const shown = history.series.slice(0, CHARTED);
    const rows = history.times
      .map((t, i) => [format.when(t), ...shown.map((s) => format.value(s.values[i], info.unit, s.labels))])
      .reverse();
    return table(
      'Points',
      ['Time', ...shown.map((s) => format.labelsText(s.labels))],
      rows,
      shown.map((s, i) => i + 1),
    );
  }

  async explain() {
    const of = this.info.made_of || this.info.name;
    const labels = this.place.labels.filter(([name]) => name !== 'compare');
    this.parts.moved.replaceChildren(await explain(of, this.window, labels, () => this.alive));
  }

  about() {
    const {info} = this;
    const labels = [...this.place.labels, ['window', this.window]].map(([name, text]) => `${name}=${JSON.stringify(text)}`).join(', ');
    const fact = (name, content) => [el('dt', {}, name), el('dd', {}, content)];
    return el(
      'section',
      {'aria-labelledby': 'about-heading'},
      el('h2', {id: 'about-heading'}, 'Definition'),
      info.definition
        ? el(
            'pre',
            {tabindex: '0', 'aria-label': 'Definition as written in the configuration'},
            el('code', {id: 'definition'}, info.definition),
          )
        : null,
      el(
        'dl',
        {},
        fact('Metric', el('code', {}, `${info.family}{${labels}}`)),
        fact('Unit', info.unit || 'a plain number'),
        fact('Labels', info.labels.join(', ') || 'none'),
        info.made_of ? fact('Made of', el('a', {href: address({kpi: info.made_of})}, format.title(info.made_of))) : null,
        fact('Raw', el('a', {href: `/api/v1/kpis?kpi=${encodeURIComponent(info.name)}`}, 'values as JSON')),
      ),
    );
  }
}

function mergeLabels(labels, entries) {
  const merged = new Map(labels);
  for (const [name, value] of entries) merged.set(name, value);
  return [...merged];
}
