// Numbers and times as people read them. Values come as exact decimal texts; null is "no value".

const locale = navigator.language || 'en';
const shown = (options) => new Intl.NumberFormat(locale, options);
const plain = shown({maximumFractionDigits: 2});
const fine = shown({maximumSignificantDigits: 3});
const percent = shown({style: 'percent', maximumFractionDigits: 1});
const time = new Intl.DateTimeFormat(locale, {hour: '2-digit', minute: '2-digit', second: '2-digit'});
const moment = new Intl.DateTimeFormat(locale, {dateStyle: 'medium', timeStyle: 'short'});

export const ABSENT = '–';

export function number(text) {
  if (text === null || text === undefined) return ABSENT;
  if (/^-?\d+$/.test(text)) return plain.format(BigInt(text)); // beyond what a double holds, too
  const n = Number(text);
  return n !== 0 && Math.abs(n) < 0.1 ? fine.format(n) : plain.format(n);
}

export function duration(seconds) {
  const s = Math.abs(seconds);
  const sign = seconds < 0 ? '-' : '';
  if (s !== 0 && s < 1) return `${sign}${fine.format(s * 1000)} ms`;
  if (s < 60) return `${sign}${plain.format(Math.round(s * 10) / 10)} s`;
  const [d, h, m] = [Math.floor(s / 86400), Math.floor(s / 3600) % 24, Math.floor(s / 60) % 60];
  if (d > 0) return `${sign}${plain.format(d)} d${h > 0 ? ` ${h} h` : ''}`;
  if (h > 0) return `${sign}${h} h${m > 0 ? ` ${m} min` : ''}`;
  const rest = Math.floor(s % 60);
  return `${sign}${m} min${rest > 0 ? ` ${rest} s` : ''}`;
}

function money(text, code) {
  const n = Number(text);
  const digits = Math.abs(n) >= 1000 ? 0 : 2;
  return shown({style: 'currency', currency: code, maximumFractionDigits: digits, minimumFractionDigits: digits}).format(n);
}

// `labels`: those of the series; of money in several currencies one of them is the code.
export function value(text, unit, labels = {}) {
  if (text === null || text === undefined) return ABSENT;
  if (unit === '') return number(text);
  if (unit === 'ratio') return percent.format(Number(text));
  if (unit === 'seconds') return duration(Number(text));
  if (unit === 'bytes') return shown({notation: 'compact', style: 'unit', unit: 'byte', maximumFractionDigits: 1}).format(Number(text));
  const code = unit === 'currency' ? labels.currency || '' : unit;
  if (/^[a-z]{3}$/i.test(code)) return money(text, code.toUpperCase());
  return `${number(text)} ${unit === 'currency' ? code : unit}`.trim();
}

export function signedPercent(ratio) {
  if (!Number.isFinite(ratio)) return ABSENT;
  return `${ratio > 0 ? '+' : ''}${percent.format(ratio)}`;
}
export const share = (ratio) => percent.format(ratio);

export function ago(milliseconds) {
  return milliseconds < 1000 ? 'now' : `${duration(Math.round(milliseconds / 1000))} ago`;
}
export const clock = (date) => time.format(date);
export const when = (text) => (text === null ? ABSENT : moment.format(new Date(text)));

// "leads_created" as "Leads created".
export function title(name) {
  const words = name.replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}
// What would not be seen, or would turn the text around it, as an escape.
const unseen = /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;
export const visible = (text) =>
  text === '' ? '(none)' : text.replace(unseen, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
export function labelsText(labels) {
  const parts = Object.entries(labels).map(([name, text]) => `${name}=${visible(text)}`);
  return parts.length === 0 ? 'all' : parts.join(', ');
}
