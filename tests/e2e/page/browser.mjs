// What the checks of the page share: Chromium, the rules that hold on every page, one check after another.
import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {join} from 'node:path';

const env = process.env;
const require = createRequire(join(env.TIDEMARK_MODULES, 'node_modules', 'x.js'));
const {chromium} = require('playwright-core');
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
export const DESKTOP = {width: 1280, height: 900};
export const PHONE = {width: 360, height: 740};

// By how much more than usual a thing may take.
export const PATIENCE = Number(env.TIDEMARK_PATIENCE || 1);

export async function launch() {
  const context = await chromium.launchPersistentContext(env.TIDEMARK_PROFILE, {
    executablePath: env.TIDEMARK_CHROMIUM,
    headless: true,
    args: FLAGS,
    locale: 'en-GB',
    timezoneId: 'Europe/Berlin',
    viewport: DESKTOP,
  });
  context.setDefaultTimeout(30000 * PATIENCE);
  return context;
}

// "Come again", which the page does: the past is read one question at a time.
const BUSY = /status of 503/;

// A page that fails the check when it logs an error, throws, or asks anybody but its daemon. `quiet`: errors that are expected.
export async function open(context, base, path, {quiet = /^$/} = {}) {
  const page = await context.newPage();
  page.problems = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type()) && !quiet.test(message.text()) && !BUSY.test(message.text()))
      page.problems.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => page.problems.push(`error: ${error.stack}`));
  page.on('request', (request) => {
    if (!request.url().startsWith(`${base}/`)) page.problems.push(`asks ${request.url()}`);
  });
  page.on('dialog', (dialog) => {
    page.problems.push(`dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  await page.goto(base + path);
  return page;
}

export async function close(page) {
  assert.deepEqual(page.problems, []);
  await page.close();
}

// No violation of WCAG 2.1 A and AA that axe calls serious or critical. The script comes in by the debugger, not past the policy.
export async function accessible(page, what) {
  await page.evaluate(axe);
  const result = await page.evaluate(() =>
    window.axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice']}),
  );
  const bad = result.violations.filter((v) => ['serious', 'critical'].includes(v.impact));
  assert.deepEqual(
    bad.map(
      (v) =>
        `${v.id}: ${v.nodes
          .slice(0, 3)
          .map((n) => n.html.slice(0, 160))
          .join(' | ')}`,
    ),
    [],
    what,
  );
}

export async function picture(page, name, fullPage = false) {
  if (env.TIDEMARK_SCREENSHOTS) await page.screenshot({path: join(env.TIDEMARK_SCREENSHOTS, `${name}.png`), fullPage});
}

export async function fits(page, what) {
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(over <= 0, `${what}: ${over} pixels wider than the window`);
}

// The values at /metrics: by family, a list of {labels, value}.
export async function metrics(base) {
  const families = new Map();
  for (const line of (await (await fetch(`${base}/metrics`)).text()).split('\n')) {
    const match = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/.exec(line);
    if (match === null) continue;
    const labels = {};
    for (const [, name, value] of (match[2] || '').matchAll(/([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g))
      labels[name] = value.replace(/\\(.)/g, (m, c) => (c === 'n' ? '\n' : c));
    families.set(match[1], [...(families.get(match[1]) || []), {labels, value: match[3]}]);
  }
  return families;
}

export const json = async (base, path) => (await fetch(`${base}/api/v1/${path}`)).json();

// Until `check` no longer throws; then its last error.
export async function eventually(check, what, seconds = 20) {
  const deadline = Date.now() + 1000 * seconds * PATIENCE;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > deadline) throw new Error(`not within ${seconds} s: ${what}: ${error.message}`);
      await new Promise((done) => {
        setTimeout(done, 250);
      });
    }
  }
}

// Runs the checks in order and says which failed.
export async function run(checks) {
  const context = await launch();
  let failed = 0;
  for (const check of checks) {
    try {
      await check(context);
      console.log(`ok      ${check.name}`);
    } catch (error) {
      failed += 1;
      console.log(`FAILED  ${check.name}\n${error.stack}`);
      for (const page of context.pages()) await page.close();
    }
  }
  await context.close();
  process.exit(failed === 0 ? 0 : 1);
}
