// Sparklines as SVG, and the chart of a KPI by Chart.js.
import {el, svg} from './dom.js';
import * as format from './format.js';

const HOUR = 3600e3;
const DAY = 24 * HOUR;
const COLOURS = ['--c1', '--c2', '--c3', '--c4', '--c5', '--c6', '--c7', '--c8'];

const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

// Whether a window is short enough for the last two days to say more than the last five weeks.
export function isShort(window) {
  const match = /^(\d+)(s|m|h)$/.exec(window);
  return match !== null
    ? Number(match[1]) * {s: 1, m: 60, h: 3600}[match[2]] <= 172800
    : ['today', 'yesterday', 'now', ''].includes(window);
}
export const rangeOf = (window) => (isShort(window) ? '48h' : '35d');
export const rangeBegin = (range, end) => end - (range === '48h' ? 48 * HOUR : 35 * DAY);

// Points [ms, number or null] in the order of time.
export function sparkline(points) {
  const known = points.filter(([, y]) => y !== null);
  if (known.length < 2) return '';
  const [width, height, edge] = [120, 32, 2];
  const x0 = points[0][0];
  const x1 = points[points.length - 1][0];
  let low = Math.min(...known.map(([, y]) => y));
  let high = Math.max(...known.map(([, y]) => y));
  if (low === high) [low, high] = [low - 1, high + 1];
  const at = ([x, y]) =>
    [((x - x0) / (x1 - x0)) * (width - 2 * edge) + edge, height - edge - ((y - low) / (high - low)) * (height - 2 * edge)]
      .map((n) => n.toFixed(1))
      .join(' ');
  let path = '';
  let pen = 'M';
  for (const point of points) {
    if (point[1] !== null) path += `${pen}${at(point)}`;
    pen = point[1] === null ? 'M' : 'L';
  }
  const [cx, cy] = at(known[known.length - 1]).split(' ');
  return svg(
    'svg',
    {class: 'spark', viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: 'none', 'aria-hidden': 'true', focusable: 'false'},
    svg('path', {d: path}),
    svg('circle', {cx, cy, r: 2}),
  );
}

function steps(span) {
  for (const step of [HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 7 * DAY]) if (span / step <= 9) return step;
  return 7 * DAY;
}

// Local midnights, or hours counted from them.
function ticks(low, high) {
  const step = steps(high - low);
  const at = new Date(low);
  at.setHours(0, 0, 0, 0);
  const values = [];
  while (at.getTime() <= high) {
    if (at.getTime() >= low) values.push({value: at.getTime()});
    if (step < DAY) at.setTime(at.getTime() + step);
    else at.setDate(at.getDate() + step / DAY); // days of 23 and 25 hours, too
  }
  return values;
}

function tickText(t) {
  const date = new Date(t);
  const midnight = date.getHours() === 0 && date.getMinutes() === 0;
  return midnight
    ? date.toLocaleDateString(undefined, {day: 'numeric', month: 'short'})
    : date.toLocaleTimeString(undefined, {hour: '2-digit', minute: '2-digit'});
}

function options(unit, range, bounds) {
  const [ink, line] = [css('--ink-2'), css('--line')];
  return {
    animation: false,
    responsive: true,
    maintainAspectRatio: false,
    normalized: true,
    spanGaps: false,
    interaction: {mode: 'nearest', axis: 'x', intersect: false},
    scales: {
      x: {
        type: 'linear',
        min: range[0],
        max: range[1],
        grid: {color: line},
        ticks: {color: ink, maxRotation: 0, autoSkipPadding: 12, callback: tickText},
        afterBuildTicks: (axis) => {
          axis.ticks = ticks(axis.min, axis.max);
        },
      },
      y: {grid: {color: line}, ticks: {color: ink, maxTicksLimit: 6, callback: (n) => format.value(String(n), unit)}, ...bounds},
    },
    plugins: {
      legend: {display: false},
      tooltip: {
        callbacks: {
          title: (items) => (items.length === 0 ? '' : format.when(items[0].raw.x)),
          label: (item) => `${item.dataset.label}: ${format.value(item.raw.text, unit)}`,
        },
      },
    },
  };
}

// Series: {label, points: [[ms, text or null]]}. The chart that is there is brought up to date.
export function draw(canvas, series, unit, range) {
  const datasets = series.map((one, i) => ({
    label: one.label,
    borderColor: css(COLOURS[i % COLOURS.length]),
    backgroundColor: css(COLOURS[i % COLOURS.length]),
    borderWidth: 2,
    borderDash: i >= COLOURS.length ? [5, 3] : [],
    pointRadius: one.points.length > 60 ? 0 : 1.5,
    pointHitRadius: 8,
    tension: 0,
    data: one.points.map(([x, text]) => ({x, y: text === null ? null : Number(text), text})),
  }));
  const values = datasets.flatMap((one) => one.data.map((point) => point.y)).filter((y) => y !== null);
  // Room above; below zero only for what is.
  const made = options(unit, range, values.some((y) => y < 0) ? {grace: '5%'} : {min: 0, suggestedMax: 1.05 * Math.max(0, ...values)});
  const chart = window.Chart.getChart(canvas);
  if (chart === undefined) return new window.Chart(canvas, {type: 'line', data: {datasets}, options: made});
  chart.data.datasets = datasets;
  chart.options = made;
  chart.update('none');
  return chart;
}

export function legend(series) {
  return el(
    'ul',
    {class: 'legend'},
    series.map((one, i) => el('li', {}, el('span', {class: `swatch s${(i % COLOURS.length) + 1}`}), one.label)),
  );
}
