// The installation's life: registered at the first start, erased by a reset.

import { call, own } from "./api.js";
import { forgetAnswers } from "./answers.js";
import { forget, keep, phone } from "./store.js";

const APP_VERSION = "1.0";

/** A new installation. It has no address yet: a phone gets one once its reader allows alerts. */
export async function register(platform) {
  const body = {
    platform,
    locale: navigator.language || "en",
    time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC",
    app_version: APP_VERSION,
  };
  const { id, secret } = await call("POST", "/v1/installations", { body, secret: "" });
  forget();
  keep({ installation: { id, secret, platform } });
}

/** What happens when the reader taps "Allow". */
export async function allowAlerts() {
  const address = `sim-${randomText()}`;
  await call("PATCH", own(), { body: { address: { kind: "token", value: address } } });
  keep({ installation: { ...phone().installation, address, answered: true } });
}

/** What happens when they do not: a phone asks once. */
export function refuseAlerts() {
  keep({ installation: { ...phone().installation, answered: true } });
}

/** The server forgets it first; one that is gone already is forgotten here too. */
export async function erase() {
  try {
    await call("DELETE", own());
  } catch (problem) {
    if (![401, 404].includes(problem.status)) throw problem;
  }
  await forgetAnswers();
  forget();
}

// Not `crypto.randomUUID`, which a page without TLS has on this machine's own address only.
function randomText() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
