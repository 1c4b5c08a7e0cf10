// The installation's life: registered at the first start, erased by a reset.

import { call, own } from "./api.js";
import { forget, keep } from "./store.js";

const APP_VERSION = "1.0";

/** A new installation with an address of its own. */
export async function register(platform) {
  const address = `sim-${randomText()}`;
  const body = {
    platform,
    address: { kind: "token", value: address },
    locale: navigator.language || "en",
    time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC",
    app_version: APP_VERSION,
  };
  const { id, secret } = await call("POST", "/v1/installations", { body, secret: "" });
  forget();
  keep({ installation: { id, secret, address, platform } });
}

/** The server forgets it first; one that is gone already is forgotten here too. */
export async function erase() {
  try {
    await call("DELETE", own());
  } catch (problem) {
    if (![401, 404].includes(problem.status)) throw problem;
  }
  forget();
}

// Not `crypto.randomUUID`, which a page without TLS has on this machine's own address only.
function randomText() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
