// What is looked at, as the address says it: links can be passed on, and alerts link here.

// {kpi, window, labels: [[name, value]], by, q, subject}
export function read() {
  const query = new URLSearchParams(location.search);
  const kpi = location.pathname.startsWith('/kpi/') ? decodeURIComponent(location.pathname.slice(5)) : '';
  const labels = query
    .getAll('label')
    .filter((text) => text.includes('='))
    .map((text) => {
      const at = text.indexOf('=');
      return [text.slice(0, at), text.slice(at + 1)];
    });
  const text = (name) => query.get(name) || '';
  return {kpi, labels, window: text('window'), by: query.get('by'), q: text('q'), subject: text('subject'), range: text('range')};
}

export function address(place) {
  const query = new URLSearchParams();
  for (const name of ['q', 'subject', 'window', 'range']) if (place[name]) query.set(name, place[name]);
  if (place.by !== null && place.by !== undefined) query.set('by', place.by);
  for (const [name, value] of place.labels || []) query.append('label', `${name}=${value}`);
  const path = place.kpi ? `/kpi/${encodeURIComponent(place.kpi)}` : '/';
  const text = query.toString();
  return text ? `${path}?${text}` : path;
}
export const labelParameters = (labels) => labels.map(([name, value]) => ['label', `${name}=${value}`]);
