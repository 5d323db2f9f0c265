// The page over a daemon with hostile labels and old numbers, which then goes away: node hostile.mjs http://127.0.0.1:PORT PID
import assert from 'node:assert/strict';
import {PATIENCE, accessible, close, json, metrics, open, picture, run} from './browser.mjs';

const [base, pid] = [process.argv[2], Number(process.argv[3])];
const CARDS = '.card .value';
const UNKNOWN = /404/; // explain: no whole hour is known of a state that has just been imported

const inert = (page) =>
  page.evaluate(() => ({
    title: document.title,
    images: [...document.images].filter((image) => !image.src.includes('/assets/')).length,
    scripts: [...document.scripts].filter((script) => !script.src.includes('/assets/')).length,
    bold: document.querySelectorAll('main b').length,
  }));

async function whatLabelsSayIsText(context) {
  const {series} = (await json(base, 'kpis?kpi=leads&window=30d')).kpis[0];
  const labels = series.map((one) => one.labels.channel);
  assert.ok(labels.some((text) => text.startsWith('<img')) && labels.some((text) => text.startsWith('</script>')));
  for (const path of [
    '/',
    '/kpi/leads?window=30d&by=*',
    ...labels.map((text) => `/kpi/leads?window=30d&label=${encodeURIComponent(`channel=${text}`)}`),
  ]) {
    const page = await open(context, base, path, {quiet: UNKNOWN});
    await page.waitForSelector(path === '/' ? CARDS : '#moved :is(table, p)');
    const {title, ...counts} = await inert(page);
    assert.ok(title.endsWith('tidemark'), title);
    assert.deepEqual(counts, {images: 0, scripts: 0, bold: 0}, path);
    if (path.includes('by=*')) {
      const shown = await page.textContent('main');
      for (const text of labels.filter((one) => one !== ''))
        assert.ok(shown.includes(`channel=${text.replace('\u202e', '\\u202e')}`), text);
      await page.waitForSelector('h1:text("Leads")');
      await accessible(page, 'hostile labels');
      await picture(page, 'hostile', true);
      // Down into each one and back, by its link.
      for (let i = 0; i < labels.length; ++i) {
        await page.click(`main table >> nth=0 >> tbody a >> nth=${i}`);
        await page.waitForFunction(() => document.getElementById('now')?.dataset.value === '3');
        await page.goBack();
        await page.waitForFunction((n) => document.querySelectorAll('main table')[0]?.rows.length === n + 1, labels.length);
      }
    }
    await close(page);
  }
}

async function everyNumberIsThatOfMetricsAndReadsByItsUnit(context) {
  const page = await open(context, base, '/');
  await page.waitForSelector(CARDS);
  const families = await metrics(base);
  const cards = await page.$$eval('.card', (nodes) =>
    nodes.map((node) => ({
      ...node.querySelector('.value').dataset,
      text: node.querySelector('.value').textContent,
      notes: node.querySelector('.notes').textContent,
      of: node.querySelector('.of').textContent,
    })),
  );
  const card = (name) => cards.find((one) => one.kpi === name);
  const metric = (name, labels) =>
    families
      .get(`sales_${name}`)
      .filter((one) => Object.entries(labels).every(([k, v]) => one.labels[k] === v))
      .map((one) => Number(one.value));
  assert.equal(
    Number(card('leads').value),
    metric('leads', {window: '30d'}).reduce((a, b) => a + b),
  );
  assert.equal(card('leads').text, '15');
  assert.match(card('leads').of, /5 series together/);
  assert.equal(Number(card('revenue').value), metric('revenue', {window: '30d'})[0]);
  assert.equal(card('revenue').text, 'US$18,519');
  assert.match(card('revenue').notes, /370.4% of US\$5,000/);
  assert.equal(Number(card('answer_seconds').value), metric('answer_seconds', {window: '30d', stat: 'p50'})[0]);
  assert.equal(
    card('answer_seconds')
      .text.replace(/\d+ s$/, '')
      .trim(),
    '12 min',
  );
  assert.equal(card('win_ratio').text, '100%');
  await close(page);
}

async function oldNumbersAreCalledOld(context) {
  const page = await open(context, base, '/', {quiet: UNKNOWN});
  await page.waitForSelector(CARDS);
  assert.match(await page.textContent('#state'), /^(Stale|Incomplete|Not ready|No event time)/);
  assert.equal(await page.$$eval('.card', (nodes) => nodes.every((node) => node.classList.contains('stale'))), true);
  assert.match(await page.textContent('.card .notes'), /as of \d/);
  await accessible(page, 'stale');
  await picture(page, 'stale');
  await page.goto(`${base}/kpi/revenue`);
  await page.waitForSelector('.now.stale');
  await close(page);
}

// It lasts too short a time to be caught, so the answers it has are put in its place; the shape of both is that of the daemon.
async function restoringIsSaid(context) {
  const error = JSON.stringify({error: {code: 'unavailable', message: 'restoring the stored state'}});
  const page = await context.newPage();
  const status = {version: '1', time: new Date().toISOString(), phase: 'restoring', ready: false, reason: 'restoring the stored state'};
  await page.route('**/api/v1/**', (route) =>
    route.request().url().includes('/status')
      ? route.fulfill({status: 200, contentType: 'application/json', body: JSON.stringify(status)})
      : route.fulfill({status: 503, contentType: 'application/json', body: error}),
  );
  await page.goto(`${base}/`);
  await page.waitForSelector('#alert:not([hidden])');
  assert.match(await page.textContent('#state'), /^Restoring the stored state; no numbers yet/);
  assert.match(await page.textContent('#alert'), /No numbers yet: restoring/);
  assert.equal(await page.$(CARDS), null);
  await picture(page, 'restoring');
  await page.unroute('**/api/v1/**');
  await page.waitForSelector(CARDS, {timeout: 15000 * PATIENCE});
  assert.equal(await page.isHidden('#alert'), true);
  await page.close();
}

async function aDaemonThatGoesAwayIsMissed(context) {
  const page = await open(context, base, '/', {quiet: /Failed to load resource|net::ERR/});
  await page.waitForSelector(CARDS);
  process.kill(pid, 'SIGKILL');
  await page.waitForSelector('#alert:not([hidden])', {timeout: 15000 * PATIENCE});
  assert.match(await page.textContent('#alert'), /does not answer/);
  assert.equal(await page.textContent('#state'), 'Unreachable');
  assert.ok(await page.$('main.old'), 'what is left looks old');
  assert.ok((await page.$$(CARDS)).length > 0, 'and stays');
  await picture(page, 'unreachable');
  await close(page);
}

await run([
  whatLabelsSayIsText,
  everyNumberIsThatOfMetricsAndReadsByItsUnit,
  oldNumbersAreCalledOld,
  restoringIsSaid,
  aDaemonThatGoesAwayIsMissed,
]);
