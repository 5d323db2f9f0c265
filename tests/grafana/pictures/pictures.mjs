// Draws dashboards with Grafana's own components and real data, into PNG files; see README.md beside the folder.
//   node pictures.mjs --dashboards=DIR --prometheus=URL --output=DIR [--only=UID] [--window=7d] [--minutes=60]
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { parseArgs } from 'node:util';

const { values: flags } = parseArgs({ options: { dashboards: { type: 'string' }, prometheus: { type: 'string' }, output: { type: 'string' },
  window: { type: 'string' }, only: { type: 'string', default: '' }, minutes: { type: 'string', default: '60' }, chromium: { type: 'string', default: '/usr/bin/chromium' },
  modules: { type: 'string', default: `${process.env.HOME}/.cache/tidemark-tests/grafana` } } });
const here = import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname);
const from = createRequire(path.join(flags.modules, 'package.json'));
const { chromium } = from('playwright-core');
const now = Math.floor(Date.now() / 1000), start = now - flags.minutes * 60;

async function ask(address, query) {
  const answer = await (await fetch(`${flags.prometheus}/api/v1/${address}?${new URLSearchParams(query)}`)).json();
  if (answer.status !== 'success') throw new Error(`${JSON.stringify(query)}: ${answer.error}`);
  return answer.data;
}

const fill = (text, values) => text.replace(/\$\{(\w+)\}|\$(\w+)/g, (all, a, b) => values[a ?? b] ?? all);

async function chosen(dashboard) {
  const values = { __rate_interval: '1m' };
  for (const v of dashboard.templating.list) {
    if (v.type === 'custom') values[v.name] = flags.window && v.query.split(',').includes(flags.window) ? flags.window : v.current.value;
    if (v.type === 'constant') values[v.name] = v.query;
    if (v.type !== 'query') continue;
    const [, how, selector, label] = v.query.query.match(/^(label_values|query_result)\((.+?)(?:, (\w+))?\)$/);
    if (v.includeAll) values[v.name] = v.allValue;
    else if (how === 'label_values') values[v.name] = (await ask(`label/${label}/values`, { 'match[]': fill(selector, values) }))[0] ?? '';
    else values[v.name] = (await ask('query', { query: fill(selector, values) })).result[0]?.metric[v.name] ?? '';
  }
  return values;
}

async function answered(dashboard, values) {
  const answers = {};
  for (const panel of dashboard.panels.flatMap((p) => [p, ...(p.panels ?? [])])) {
    for (const target of panel.targets ?? []) {
      const query = fill(target.expr, values);
      answers[`${panel.id}/${target.refId}`] = (target.instant ? await ask('query', { query })
        : await ask('query_range', { query, start, end: now, step: Math.max(5, Math.floor((now - start) / 200)) })).result;
    }
  }
  return answers;
}

mkdirSync(flags.output, { recursive: true });
execFileSync(path.join(flags.modules, 'node_modules/.bin/esbuild'), [path.join(here, 'page.jsx'), '--bundle', '--minify', '--jsx=automatic',
  `--outfile=${path.join(flags.output, 'page.js')}`, '--define:process.env.NODE_ENV="production"', '--define:global=window', `--alias:react-custom-scrollbars-2=${path.join(here, 'scrollbars.jsx')}`, '--loader:.svg=dataurl',
  '--loader:.woff2=dataurl', '--loader:.ttf=dataurl', '--log-level=error'], { env: { ...process.env, NODE_PATH: path.join(flags.modules, 'node_modules') }, stdio: 'inherit' });
const browser = await chromium.launch({ executablePath: flags.chromium, args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic',
  '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'] });
let failed = false;
for (const file of readdirSync(flags.dashboards).filter((f) => f.startsWith(flags.only) && f.endsWith('.json')).sort()) {
  const dashboard = JSON.parse(readFileSync(path.join(flags.dashboards, file)));
  const values = await chosen(dashboard), answers = await answered(dashboard, values);
  for (const dark of [false, true]) {
    const job = { dashboard, answers, values, dark, range: { from: start * 1000, to: now * 1000 } };
    const page = await browser.newPage({ viewport: { width: 1960, height: 1200 } });
    page.on('pageerror', (error) => { failed = true; console.error(`${file}: ${error.stack}`); });
    // From an address, though nobody listens there: without one there is no localStorage, which the components want.
    const body = `<!doctype html><meta charset="utf-8"><div id="root"></div><script>window.job = ${JSON.stringify(job).replaceAll('<', '\\u003c')}</script>`;
    await page.route('**/*', (route) => (route.request().url() === 'http://dashboard.localhost/' ? route.fulfill({ body, contentType: 'text/html' }) : route.abort()));
    await page.goto('http://dashboard.localhost/');
    await page.addStyleTag({ path: path.join(flags.output, 'page.css') });
    await page.addScriptTag({ path: path.join(flags.output, 'page.js') });
    await page.waitForTimeout(1500);
    const name = path.join(flags.output, `${dashboard.uid}-${dark ? 'dark' : 'light'}.png`);
    writeFileSync(name, await page.screenshot({ fullPage: true }));
    console.log(name);
    await page.close();
  }
}
await browser.close();
process.exit(failed ? 1 : 0);
