// The page over a demo that runs: node demo.mjs http://127.0.0.1:PORT
import assert from 'node:assert/strict';
import {DESKTOP, PHONE, accessible, close, eventually, fits, json, metrics, open, picture, run} from './browser.mjs';

const base = process.argv[2];
const CARDS = '.card .value';

const cardValues = (page) => page.$$eval(CARDS, (nodes) => nodes.map((node) => ({...node.dataset})));
const field = (label) => `label:has(> span:text-is("${label}")) select`;
const names = (page) => page.$$eval(CARDS, (nodes) => nodes.map((node) => node.dataset.kpi));

async function everyKpiIsShownWithTheNumberOfMetrics(context) {
  const page = await open(context, base, '/?window=lifetime');
  await page.waitForSelector(CARDS);
  const {kpis} = await json(base, 'overview');
  assert.deepEqual((await names(page)).sort(), kpis.map((kpi) => kpi.name).sort());
  assert.ok(kpis.length > 100);
  assert.match(await page.textContent('#state'), /^Live, as of /);
  // Numbers move: those of one moment are compared, by what they are made of there.
  await eventually(
    async () => {
      const overview = new Map((await json(base, 'overview?window=lifetime')).kpis.map((kpi) => [kpi.name, kpi]));
      const families = await metrics(base);
      const shown = await cardValues(page);
      let same = 0;
      for (const {kpi, window, value} of shown) {
        const row = overview.get(kpi);
        const series = (families.get(`sales_${kpi}`) || []).filter(
          ({labels}) =>
            labels.window === window && (row.total || Object.entries(row.labels || {}).every(([name, text]) => labels[name] === text)),
        );
        if (value === '' || series.length === 0) continue;
        const sum = series.reduce((all, one) => all + Number(one.value), 0);
        if (Math.abs(sum - Number(value)) <= 1e-9 * Math.abs(sum)) same += 1;
      }
      assert.ok(same > 60, `${same} of ${shown.length} are the same`);
    },
    'cards and /metrics agree',
    30,
  );
  await close(page);
}

async function breachesFreshnessAndWhatIsReadAreSaid(context) {
  const page = await open(context, base, '/');
  await page.waitForSelector('#reading table');
  const status = await json(base, 'status');
  const rows = await page.$$eval('#reading table', (tables) => tables[0].rows.length - 1);
  assert.equal(rows, new Set(status.partitions.map((p) => p.topic)).size);
  await eventually(async () => {
    const {breaches} = await json(base, 'breaches');
    const firing = breaches.filter((breach) => breach.state === 'firing').length;
    const pending = breaches.filter((breach) => breach.state === 'pending').length;
    const wanted = firing + pending === 0 ? 'No limit is breached' : `${firing} firing, ${pending} pending`;
    assert.equal(await page.textContent('#breaches h2'), wanted);
  }, 'the breaches are those of the API');
  await page.click('#partitions summary');
  assert.ok((await page.textContent('#partitions')).includes(`${status.partitions[0].topic}/0`));
  for (const path of ['/metrics', '/api/v1/kpis', '/api/v1/status', '/api/v1/openapi.yaml'])
    assert.ok(await page.$(`a[href="${path}"]`), path);
  await eventually(async () => assert.ok((await page.$$('svg.spark path')).length > 50), 'sparklines');
  await accessible(page, 'overview');
  await picture(page, 'overview');
  await close(page);
}

async function filtersNarrowAndTheAddressKeepsThem(context) {
  const page = await open(context, base, '/');
  await page.waitForSelector(CARDS);
  const all = (await names(page)).length;
  await page.fill('#search', 'lead channel');
  const found = await names(page);
  assert.ok(found.length > 0 && found.length < all / 4, `${found.length} of ${all}`);
  assert.ok(found.includes('leads_by_channel'));
  await page.reload();
  await page.waitForSelector(CARDS);
  assert.deepEqual(await names(page), found, 'the search is in the address');
  await page.fill('#search', 'nothing is called like this');
  assert.equal(await page.textContent('#count'), 'No KPI matches.');
  await page.fill('#search', '');
  await page.selectOption(field('Subject'), 'revenue');
  await page.waitForFunction(() => document.querySelectorAll('section.subject').length === 1);
  await page.selectOption(field('Window'), '30d');
  await page.waitForFunction(() => [...document.querySelectorAll('.card .value')].some((node) => node.dataset.window === '30d'));
  await page.selectOption(field('Only'), 'currency=EUR');
  await page.waitForFunction(() => [...document.querySelectorAll('.card .of')].some((node) => node.textContent.includes('currency=EUR')));
  assert.match(page.url(), /subject=revenue.*window=30d.*label=currency%3DEUR/);
  const labelled = await json(base, 'overview?window=30d&subject=revenue&label=currency=EUR');
  assert.equal((await names(page)).length, labelled.kpis.length);
  await close(page);
}

async function aKpiHasAChartATableWhatMovedItAndItsDefinition(context) {
  const page = await open(context, base, '/kpi/leads_by_channel?window=24h&by=channel&range=35d');
  await page.waitForSelector('#moved table, #moved p');
  await page.waitForFunction(() => window.Chart.getChart('chart')?.data.datasets.length > 1);
  assert.equal(await page.title(), 'Leads by channel · tidemark');
  assert.match(await page.textContent('#definition'), /^- name: leads_by_channel\n/);
  const answer = await json(base, 'history?kpi=leads_by_channel&window=24h&by=channel&limit=100');
  const charted = await page.evaluate(() =>
    window.Chart.getChart('chart').data.datasets.map((one) => ({label: one.label, data: one.data.map(({x, text}) => [x, text])})),
  );
  const past = answer.times.map((t) => Date.parse(t)).filter((t) => t >= Date.parse(answer.now) - 35 * 86400e3);
  assert.ok(past.length > 48);
  for (const {label, data} of charted) {
    const series = answer.series.find((one) => `channel=${one.labels.channel}` === label);
    const wanted = past.map((t, i) => [t, series.values[answer.times.length - past.length + i]]);
    assert.deepEqual(data.slice(0, -1), wanted, label);
    assert.equal(data.length, wanted.length + 1, 'and what is now');
  }
  const rows = await page.$$eval('main table', (tables) => tables[0].rows.length - 1);
  assert.equal(rows, answer.series.length, 'the table has every series');
  assert.match(await page.getAttribute('#chart', 'aria-label'), /table below/);
  await accessible(page, 'KPI');
  await picture(page, 'kpi', true);
  // Down into one series, and to another window.
  await page.click('main table tbody a >> nth=0');
  await page.waitForFunction(() => window.Chart.getChart('chart')?.data.datasets.length === 1);
  assert.match(page.url(), /label=channel%3D/);
  assert.notEqual(await page.getAttribute('#now', 'data-value'), '');
  await page.click('nav[aria-label=Window] a >> text=7d');
  await page.waitForSelector('nav[aria-label=Window] a[aria-current]:text("7d")');
  await page.goBack();
  await page.waitForSelector('nav[aria-label=Window] a[aria-current]:text("24h")');
  await close(page);
}

async function derivedKpisAndUnknownOnesHavePagesToo(context) {
  const derived = (await json(base, 'kpis?limit=1')).kpis.find((kpi) => kpi.derived === 'growth');
  const page = await open(context, base, `/kpi/${derived.name}`, {quiet: /404/});
  await page.waitForSelector('#definition');
  assert.ok(await page.$(`dd a[href="/kpi/${derived.made_of}"]`));
  await page.waitForSelector('#chart, #history-note');
  await page.goto(`${base}/kpi/no_such_thing`);
  await page.waitForSelector('#alert:not([hidden])');
  assert.match(await page.textContent('#alert'), /there is no KPI "no_such_thing"/);
  await page.click('a:text("All KPIs")');
  await page.waitForSelector(CARDS);
  assert.equal(await page.isHidden('#alert'), true);
  await close(page);
}

async function everythingIsReachedByKeyboard(context) {
  const page = await open(context, base, '/?q=visits');
  await page.waitForSelector(CARDS);
  const focused = () =>
    page.evaluate(() => {
      const {activeElement: node} = document;
      const style = getComputedStyle(node);
      return {
        text: node.textContent.trim().slice(0, 40),
        tag: node.tagName,
        id: node.id,
        outline: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,
      };
    });
  await page.keyboard.press('Tab');
  assert.equal((await focused()).text, 'Skip to the numbers');
  await page.keyboard.press('Enter');
  const seen = [];
  for (let i = 0; i < 40; ++i) {
    await page.keyboard.press('Tab');
    const at = await focused();
    if (at.tag !== 'BODY') assert.ok(at.outline, `${at.tag} ${at.text}: the focus is visible`);
    seen.push(at.id || at.text);
    if (at.text === 'Visits') break;
  }
  assert.ok(seen.includes('search'), seen.join(', '));
  assert.equal(seen.at(-1), 'Visits');
  // What is refreshed meanwhile takes the focus from nobody.
  await page.waitForTimeout(6000);
  assert.equal((await focused()).text, 'Visits');
  await page.keyboard.press('Enter');
  await page.waitForSelector('h1:text("Visits")');
  await close(page);
}

async function smallAndDarkScreensDo(context) {
  for (const [name, path] of [
    ['overview', '/'],
    ['kpi', '/kpi/revenue?window=30d'],
  ]) {
    for (const scheme of ['light', 'dark']) {
      for (const viewport of [PHONE, DESKTOP]) {
        const what = `${name}-${scheme}-${viewport.width}`;
        const page = await open(context, base, path);
        await page.emulateMedia({colorScheme: scheme});
        await page.setViewportSize(viewport);
        await page.waitForSelector(name === 'kpi' ? '#moved table' : CARDS);
        await page.waitForTimeout(300);
        await fits(page, what);
        await accessible(page, what);
        await picture(page, what, name === 'kpi');
        const paper = await page.evaluate(() => getComputedStyle(document.body).backgroundColor.match(/\d+/g).map(Number));
        assert.equal(paper[0] < 100, scheme === 'dark', `${what}: ${paper}`);
        await close(page);
      }
    }
  }
}

async function hiddenPagesAskNothingAndManyCostLittle(context) {
  const page = await open(context, base, '/');
  await page.waitForSelector(CARDS);
  let asked = 0;
  page.on('request', () => {
    asked += 1;
  });
  await page.evaluate(() => {
    Object.defineProperty(document, 'hidden', {value: true, configurable: true});
    document.dispatchEvent(new Event('visibilitychange'));
  });
  await page.waitForTimeout(1500); // what was under way
  asked = 0;
  await page.waitForTimeout(6500);
  assert.equal(asked, 0);
  await close(page);
  await fetch(`${base}/api/v1/overview`); // who asks while the next is made gets this one
  const answers = await Promise.all(
    Array.from({length: 60}, (_, i) => fetch(`${base}/api/v1/${['overview', 'history?kpis=overview', 'breaches'][i % 3]}`)),
  );
  assert.deepEqual([...new Set(answers.map((answer) => answer.status))], [200], 'twenty browsers at once');
}

await run([
  everyKpiIsShownWithTheNumberOfMetrics,
  breachesFreshnessAndWhatIsReadAreSaid,
  filtersNarrowAndTheAddressKeepsThem,
  aKpiHasAChartATableWhatMovedItAndItsDefinition,
  derivedKpisAndUnknownOnesHavePagesToo,
  everythingIsReachedByKeyboard,
  smallAndDarkScreensDo,
  hiddenPagesAskNothingAndManyCostLittle,
]);
