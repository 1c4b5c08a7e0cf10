// The three phones of the demo newsroom: what each follows, and the alert that came last.

import { byId, h, timeElement } from "./dom.js";

const EVERY_MS = 3000;
const read = new Map(); // address → the number of the last message that was read

export function startDemo() {
  look();
  setInterval(look, EVERY_MS);
}

/** One after the other, so that a second phone's wait always finds a connection; not in the log of this phone's calls. */
async function look() {
  if (document.hidden) return;
  for (const each of byId("demo-phones").children) await news(each).catch(() => {});
}

async function news(element) {
  const { address } = element.dataset;
  const path = `/simulator/inbox?wait=0&after=${read.get(address) ?? 0}`;
  const answer = await fetch(path, { headers: { Authorization: `Bearer ${address}` }, cache: "no-store" });
  const { messages } = await answer.json();
  const last = messages.at(-1);
  if (!last) return;
  read.set(address, last.seq);
  const { notification, data } = last.message;
  const { title } = notification ?? data;
  if (!title) return;
  element.querySelector(".last").replaceChildren(h("strong", { dir: "auto" }, title), " ", timeElement(new Date().toISOString()));
}
