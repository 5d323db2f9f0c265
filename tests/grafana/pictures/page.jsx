// A dashboard drawn with Grafana's own components, from its JSON and what Prometheus answered. Given as window.job:
// {dashboard, answers: {"<panel id>/<refId>": result of Prometheus}, values, dark, range}.
import React from 'react';
import { createRoot } from 'react-dom/client';
import {
  createTheme, dateTime, EventBusSrv, FieldType, getDisplayProcessor, ThemeContext, toDataFrame,
} from '@grafana/data';
import { BarGauge, BigValue, Gauge, GlobalStyles, PanelChrome, PanelContextProvider, Table, TimeSeries } from '@grafana/ui';

const { dashboard, answers, values, dark, range } = window.job;
const theme = createTheme({ colors: { mode: dark ? 'dark' : 'light' } });
const timeRange = { from: dateTime(range.from), to: dateTime(range.to), raw: { from: 'now-1h', to: 'now' } };
const CELL = { width: 80, height: 30, gap: 8 };

const fill = (text) => text.replace(/\$\{(\w+)\}|\$(\w+)/g, (all, a, b) => values[a ?? b] ?? all);

function put(config, id, value) {
  const path = id.split('.');
  let at = config;
  for (const key of path.slice(0, -1)) at = at[key] = { ...at[key] };
  at[path.at(-1)] = value;
}

// Defaults, then what is said of this field: Grafana's order.
function configured(field, panel, refId) {
  const config = structuredClone({ ...panel.fieldConfig.defaults, displayName: field.name });
  for (const override of panel.fieldConfig.overrides) {
    const hit = override.matcher.id === 'byFrameRefID' ? override.matcher.options === refId : override.matcher.options === field.name;
    if (hit) override.properties.forEach((p) => put(config, p.id, p.value));
  }
  if (config.custom && panel.type === 'timeseries') {
    config.custom = { axisPlacement: 'auto', axisLabel: '', scaleDistribution: { type: 'linear' }, hideFrom: {}, stacking: { mode: 'none' },
      gradientMode: 'none', pointSize: 5, lineStyle: { fill: 'solid' }, thresholdsStyle: { mode: 'off' }, ...config.custom };
  }
  field.config = config;
  field.display = getDisplayProcessor({ field, theme, timeZone: 'utc' });
  return field;
}

function legend(format, metric, expr) {
  if (format !== '__auto') return format.replace(/\{\{\s*(\w+)\s*\}\}/g, (_, label) => metric[label] ?? '');
  const labels = Object.entries(metric).filter(([name]) => name !== '__name__');
  return labels.length ? `{${labels.map(([n, v]) => `${n}="${v}"`).join(', ')}}` : expr;
}

function frames(panel) {
  const all = [];
  for (const target of panel.targets) {
    for (const series of answers[`${panel.id}/${target.refId}`] ?? []) {
      const points = series.values ?? [series.value];
      const name = fill(legend(target.legendFormat, series.metric, panel.title));
      const frame = toDataFrame({ refId: target.refId, name, fields: [
        { name: 'Time', type: FieldType.time, values: points.map((p) => p[0] * 1000), config: {} },
        { name, type: FieldType.number, values: points.map((p) => Number(p[1])), config: {} },
      ] });
      const numbers = frame.fields[1].values.filter((v) => Number.isFinite(v)), min = Math.min(...numbers), max = Math.max(...numbers);
      frame.fields[1].state = { displayName: name, seriesIndex: all.length, range: { min, max, delta: max - min } };
      configured(frame.fields[1], panel, target.refId);
      all.push(frame);
    }
  }
  all.forEach((frame) => { frame.fields[0].display = getDisplayProcessor({ field: frame.fields[0], theme, timeZone: 'utc' }); });
  return all;
}

const last = (field) => field.values.findLast((v) => v !== null && !Number.isNaN(v));

function shown(frame) {
  const field = frame.fields[1];
  const value = field.display(last(field));
  return { ...value, title: frame.name.trim() };
}

function Stat({ panel, width, height }) {
  const all = frames(panel);
  if (!all.length) return <Nothing panel={panel} />;
  const across = width > height || all.length === 1;
  const w = across ? width / all.length : width, h = across ? height : height / all.length;
  return <div style={{ display: 'flex', flexDirection: across ? 'row' : 'column' }}>{all.map((frame, i) => {
    const value = shown(frame);
    const sparkline = panel.options.graphMode === 'area' ? { y: frame.fields[1], x: frame.fields[0], timeRange } : undefined;
    if (panel.options.textMode === 'auto' && all.length === 1) value.title = undefined;
    return <BigValue key={i} value={value} sparkline={sparkline} width={w} height={h} colorMode={panel.options.colorMode} theme={theme}
      graphMode={panel.options.graphMode} textMode={panel.options.textMode} justifyMode="auto" hasLinks={false} />;
  })}</div>;
}

function Bars({ panel, width, height }) {
  const all = frames(panel);
  if (!all.length) return <Nothing panel={panel} />;
  const max = panel.fieldConfig.defaults.max ?? Math.max(...all.map((f) => last(f.fields[1])));
  const h = Math.min(panel.options.maxVizHeight + 12, height / all.length);
  return <div>{all.map((frame, i) => {
    const field = { ...frame.fields[1].config, min: panel.fieldConfig.defaults.min ?? 0, max };
    return <BarGauge key={i} value={shown(frame)} field={field} display={frame.fields[1].display} width={width} height={h} theme={theme}
      orientation="horizontal" displayMode={panel.options.displayMode} valueDisplayMode={panel.options.valueMode} showUnfilled={true}
      itemSpacing={8} lcdCellWidth={12} text={undefined}
      alignmentFactors={{ title: all.map((f) => f.name).reduce((a, b) => (a.length > b.length ? a : b)),
        ...longest(all) }} />;
  })}</div>;
}

function longest(all) {
  const texts = all.map((f) => shown(f));
  const by = (t) => (t.prefix ?? '').length + t.text.length + (t.suffix ?? '').length;
  const most = texts.reduce((a, b) => (by(a) > by(b) ? a : b));
  return { text: most.text, prefix: most.prefix, suffix: most.suffix };
}

function Dial({ panel, width, height }) {
  const [frame] = frames(panel);
  if (!frame) return <Nothing panel={panel} />;
  const { title, ...value } = shown(frame);
  return <Gauge value={value} field={frame.fields[1].config} width={width} height={height} theme={theme} showThresholdMarkers={true}
    showThresholdLabels={false} />;
}

// Rows with the same labels are one; columns as `organize` says.
function Grid({ panel, width, height }) {
  const { indexByName, renameByName } = panel.transformations.at(-1).options;
  const rows = new Map();
  for (const target of panel.targets) {
    for (const { metric, value } of answers[`${panel.id}/${target.refId}`] ?? []) {
      const { __name__, ...labels } = metric;
      const key = JSON.stringify(Object.entries(labels).sort());
      rows.set(key, { ...labels, ...rows.get(key), [`Value #${target.refId}`]: Number(value[1]) });
    }
  }
  const names = Object.keys(indexByName).sort((a, b) => indexByName[a] - indexByName[b]);
  const list = [...rows.values()];
  const by = names.find((n) => renameByName[n] === panel.options.sortBy[0]?.displayName);
  if (by) list.sort((a, b) => (b[by] ?? -1) - (a[by] ?? -1));
  const data = toDataFrame({ fields: names.map((n) => ({ name: renameByName[n], type: n.startsWith('Value') ? FieldType.number : FieldType.string,
    values: list.map((r) => r[n] ?? null), config: {} })) });
  data.fields.forEach((f) => {
    if (f.type === FieldType.number) configured(f, panel, ''); else f.display = getDisplayProcessor({ field: f, theme, timeZone: 'utc' });
  });
  return <Table data={data} width={width} height={height} />;
}

const Nothing = ({ panel }) => <div style={{ display: 'flex', alignItems: 'center', justifyContent: 'center', height: '100%', fontSize: 24 }}>
  {panel.fieldConfig.defaults.noValue ?? 'No data'}</div>;

const Lines = ({ panel, width, height }) => {
  const all = frames(panel);
  if (!all.length) return <Nothing panel={panel} />;
  return <TimeSeries frames={all} structureRev={1} timeRange={timeRange} timeZone="utc" width={width} height={height} legend={panel.options.legend} />;
};

const KINDS = { stat: Stat, bargauge: Bars, gauge: Dial, table: Grid, timeseries: Lines };

function place({ x, y, w, h }, lift) {
  return { position: 'absolute', left: x * CELL.width, top: (y - lift) * (CELL.height + CELL.gap), width: w * CELL.width - CELL.gap,
    height: h * (CELL.height + CELL.gap) - CELL.gap };
}

function Shown({ panel }) {
  const Kind = KINDS[panel.type], { width, height } = place(panel.gridPos, 0);
  return <div style={place(panel.gridPos, 0)}>
    <PanelChrome width={width} height={height} title={fill(panel.title)} description={panel.description}>
      {(w, h) => <Kind panel={panel} width={w} height={h} />}
    </PanelChrome></div>;
}

function Whole() {
  const all = dashboard.panels.flatMap((p) => [p, ...(p.panels ?? [])]);
  const bottom = Math.max(...all.map((p) => p.gridPos.y + p.gridPos.h));
  return <div style={{ position: 'relative', width: 24 * CELL.width, height: bottom * (CELL.height + CELL.gap) }}>
    {all.map((panel) => (panel.type === 'row'
      ? <div key={panel.id} style={{ ...place(panel.gridPos, 0), fontSize: 18, paddingTop: 6 }}>▾ {fill(panel.title)}</div>
      : <Shown key={panel.id} panel={panel} />))}
  </div>;
}

createRoot(document.getElementById('root')).render(
  <ThemeContext.Provider value={theme}><GlobalStyles isExtensionSidebarOpen={false} />
    <PanelContextProvider value={{ eventsScope: 'x', eventBus: new EventBusSrv() }}>
      <div style={{ padding: 16, background: theme.colors.background.canvas }}>
        <h2>{dashboard.title}</h2><p>{dashboard.description}</p><Whole />
      </div></PanelContextProvider></ThemeContext.Provider>);
