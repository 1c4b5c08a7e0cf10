// The public API as the phone calls it; every call is told to whoever listens.

import { keepAnswer, keptAnswer } from "./answers.js";
import { phone } from "./store.js";

const listeners = new Set();

/** A refusal or a failure, as the reader should see it. */
export class Problem extends Error {
  constructor(status, title, detail) {
    super(detail ? `${title}: ${detail}` : title);
    Object.assign(this, { status, title, detail });
  }
}

export function onCall(listener) {
  listeners.add(listener);
}

/** `secret` defaults to the installation's own; pass "" for none. */
export async function call(method, path, { body, secret = phone().installation?.secret, signal } = {}) {
  const headers = {};
  if (secret) headers.Authorization = `Bearer ${secret}`;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const started = performance.now();
  let answer;
  try {
    answer = await fetch(path, { method, headers, body: body && JSON.stringify(body), signal, cache: "no-cache" });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    tell(method, path, 0, started);
    const kept = method === "GET" && (await keptAnswer(path));
    if (kept) return read(kept);
    throw new Problem(0, "No connection", "The server does not answer.");
  }
  tell(method, path, answer.status, started);
  if (method === "GET") keepAnswer(path, answer.clone()).catch(() => {}); // a full disk is no reason to show less
  return read(answer);
}

export const get = (path, options) => call("GET", path, options);

/** A path below this phone's installation. */
export function own(rest = "") {
  return `/v1/installations/${encodeURIComponent(phone().installation.id)}${rest}`;
}

/** `path?name=value`, leaving out what is not set. */
export function withQuery(path, query) {
  const set = Object.entries(query).filter(([, value]) => value !== null && value !== undefined);
  return set.length ? `${path}?${new URLSearchParams(set)}` : path;
}

async function read(answer) {
  const type = answer.headers.get("Content-Type") || "";
  const document = type.includes("json") ? await answer.json() : null;
  if (answer.ok) return document;
  const title = document?.title || `The server answered ${answer.status}`;
  throw new Problem(answer.status, title, document?.detail || "");
}

function tell(method, path, status, started) {
  const took = Math.round(performance.now() - started);
  for (const listener of listeners) listener({ method, path, status, took });
}
