// The page: which part of it is shown, and keeping it up to date while somebody looks.
import {ask} from './api.js';
import {el, setText} from './dom.js';
import {Kpi} from './kpi.js';
import {Overview} from './overview.js';
import {address, read} from './place.js';
import * as reading from './reading.js';

const EVERY_MS = 5000;

const main = document.getElementById('main');
const state = document.getElementById('state');
const alertBox = document.getElementById('alert');
const footer = document.getElementById('footer');
let shown = null;
let timer = 0;
let running = false;

function show(place, focus) {
  shown?.close?.();
  shown = place.kpi ? new Kpi(place, replace) : new Overview(place, replace);
  document.title = shown.title();
  main.replaceChildren(shown.node.childElementCount === 0 ? el('p', {class: 'help'}, 'Loading…') : shown.node);
  if (focus) main.focus({preventScroll: true});
  refresh();
}

// Another view of the same page: no entry of its own in the browser's history.
function replace(place) {
  const focused = document.activeElement?.closest('label')?.querySelector('span')?.textContent;
  history.replaceState(null, '', address(place));
  show(read(), false);
  shown.focusField = focused;
}

function say(problem) {
  alertBox.hidden = problem === null;
  if (problem !== null) setText(alertBox, problem);
}

async function refresh() {
  clearTimeout(timer);
  const current = shown;
  running = true;
  try {
    const status = await ask('status');
    const {level, text} = reading.stateOf(status);
    state.className = `state ${level}`;
    setText(state, text);
    setText(footer, reading.footerText(status));
    await current.refresh(status);
    if (current !== shown) return;
    if (main.firstElementChild !== current.node) main.replaceChildren(current.node);
    refocus(current);
    main.classList.remove('old');
    say(null);
  } catch (problem) {
    if (current !== shown) return;
    if (problem.status === undefined) throw problem;
    failed(problem);
  } finally {
    if (current === shown) {
      running = false;
      if (!document.hidden) timer = setTimeout(refresh, EVERY_MS);
    }
  }
}

// What is on the screen stays, but looks old.
function failed(problem) {
  main.classList.add('old');
  if (problem.status === 0) {
    state.className = 'state bad';
    setText(state, 'Unreachable');
    return say('The daemon does not answer. What is shown is from before; this page tries again by itself.');
  }
  const nothing = main.querySelector('h1') === null;
  if (nothing) main.replaceChildren(el('p', {class: 'help'}, problem.status === 404 ? el('a', {href: '/'}, 'All KPIs') : ''));
  say(problem.status === 503 ? `No numbers yet: ${problem.message}.` : `${problem.message}.`);
}

function refocus(current) {
  if (!current.focusField) return;
  const label = [...current.node.querySelectorAll('label')].find((one) => one.querySelector('span')?.textContent === current.focusField);
  label?.querySelector('select, input')?.focus();
  current.focusField = null;
}

document.addEventListener('click', (event) => {
  const link = event.target.closest('a[href]');
  const plain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
  if (link === null || !plain || link.origin !== location.origin) return;
  if (link.pathname !== '/' && !link.pathname.startsWith('/kpi/')) return;
  if (link.hash !== '' && link.pathname === location.pathname) return;
  event.preventDefault();
  history.pushState(null, '', link.href);
  show(read(), true);
  scrollTo(0, 0);
});
addEventListener('popstate', () => show(read(), true));
document.addEventListener('visibilitychange', () => {
  clearTimeout(timer);
  if (!document.hidden && !running) refresh();
});
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => show(read(), false));

show(read(), false);
