// Ask the review program.  Every answer is JSON; what went wrong comes as one sentence.

let pass = "";

export class Refused extends Error {}

export class Lost extends Error {}

async function ask(path, options = {}) {
  let answer;
  try {
    answer = await fetch(path, { credentials: "same-origin", ...options });
  } catch (error) {
    throw new Lost(String(error));
  }
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refused(body.sentence ?? `${answer.status} ${answer.statusText}`);
  return body;
}

function send(path, body) {
  const headers = { "content-type": "application/json", "x-stockade-pass": pass };
  return ask(path, { method: "POST", headers, body: JSON.stringify(body) });
}

export async function run() {
  const told = await ask("/api/run");
  pass = told.pass;
  return told;
}

export const queue = () => ask("/api/queue");
export const changes = (since) => ask(`/api/changes?since=${encodeURIComponent(since)}`);
export const layout = (id) => ask(`/api/layout/${encodeURIComponent(id)}`);
export const ways = (id) => ask(`/api/ways/${encodeURIComponent(id)}`);
export const agreement = () => ask("/api/agreement");
export const say = (words) => send("/api/say", words);
export const undo = (words) => send("/api/undo", words);

export const escapeOf = (id) => `/escape/${encodeURIComponent(id)}`;
export const chipOf = (picture, id, small = false) =>
  `/chip/${picture}/${encodeURIComponent(id)}${small ? "?small=true" : ""}`;
