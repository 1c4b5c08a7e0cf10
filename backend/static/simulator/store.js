// What a phone keeps: its installation, how far it has read its pushes, and its notifications.

// `/simulator?phone=2` is a second phone beside the first: each has a memory of its own.
export const NAME = new URLSearchParams(location.search).get("phone") || "1";
const KEY = NAME === "1" ? "tagwire.phone" : `tagwire.phone.${NAME}`;
const NOTHING = { installation: null, seq: 0, shade: [], theme: "auto" };
const listeners = new Set();

let kept = read();

export const phone = () => kept;

export function keep(changes) {
  kept = { ...kept, ...changes };
  localStorage.setItem(KEY, JSON.stringify(kept));
  for (const listener of listeners) listener(kept);
}

/** Everything of the installation goes; how the phone looks stays. */
export function forget() {
  keep({ ...NOTHING, theme: kept.theme });
}

export function onChange(listener) {
  listeners.add(listener);
  listener(kept);
}

function read() {
  try {
    return { ...NOTHING, ...JSON.parse(localStorage.getItem(KEY)) };
  } catch {
    return NOTHING;
  }
}
