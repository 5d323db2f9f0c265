// Questions to the daemon. Failures carry what it said.

export class Problem extends Error {
  constructor(status, message) {
    super(message);
    this.status = status; // 0: no answer at all
  }
}

const pause = (ms) =>
  new Promise((done) => {
    setTimeout(done, ms);
  });

export async function ask(path, parameters = [], timeout = 15000) {
  const query = new URLSearchParams(parameters).toString();
  let response;
  try {
    response = await fetch(`/api/v1/${path}${query ? `?${query}` : ''}`, {signal: AbortSignal.timeout(timeout), cache: 'no-store'});
  } catch (error) {
    throw new Problem(0, 'the daemon does not answer');
  }
  let body = null;
  try {
    body = await response.json();
  } catch (error) {
    throw new Problem(response.status, `the daemon answers ${response.status}, and not in JSON`);
  }
  if (!response.ok) throw new Problem(response.status, body.error ? body.error.message : `the daemon answers ${response.status}`);
  return body;
}

// Questions about the past are answered one at a time: comes again for a while when another one is being answered.
export async function askPatiently(path, parameters, still = () => true) {
  for (let tries = 0; ; ++tries) {
    try {
      return await ask(path, parameters);
    } catch (problem) {
      if (problem.status !== 503 || tries >= 8 || !still()) throw problem;
      await pause(500 * (1 + tries) * (0.75 + Math.random() / 2));
    }
  }
}
