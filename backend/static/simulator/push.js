// Pushes as they arrive: waited for, shown once, told to the newsroom, opened.

import { call, get, own, withQuery } from "./api.js";
import { byId, h, icon, picture, timeElement } from "./dom.js";
import { openLink } from "./links.js";
import { toast } from "./messages.js";
import { keep, onChange, phone } from "./store.js";

const BANNER_STAYS_MS = 10_000;
const LONGEST_PAUSE_MS = 30_000;
const MOST_SHOWN = 20;

let listening = null; // the address that waits, and what ends its wait
let hiding = 0;

export function startPush() {
  byId("status").addEventListener("click", () => toggleShade());
  byId("phone").addEventListener("keydown", (event) => {
    if (event.key === "Escape") toggleShade(false);
  });
  onChange(({ shade, installation }) => {
    paintShade(shade);
    listenFor(installation);
  });
}

/** The wait belongs to one address: another one, or none, ends it. */
function listenFor(installation) {
  if (installation?.address === listening?.address) return;
  listening?.ending.abort();
  listening = null;
  connected(false);
  byId("banner").replaceChildren();
  if (!installation?.address) return;
  listening = { address: installation.address, ending: new AbortController() };
  listen(listening.ending.signal);
}

async function listen(signal) {
  for (let pause = 1000; !signal.aborted; ) {
    try {
      await takeNext(signal);
      pause = 1000;
    } catch {
      if (signal.aborted) break;
      connected(false);
      await new Promise((done) => setTimeout(done, pause));
      pause = Math.min(2 * pause, LONGEST_PAUSE_MS);
    }
  }
}

/** Opening one takes it away, wherever it was tapped. */
export function openNotification({ id, url }) {
  tell("opened", id);
  toggleShade(false);
  byId("banner").replaceChildren();
  keep({ shade: phone().shade.filter((shown) => shown.id !== id) });
  return openLink(url);
}

async function takeNext(signal) {
  const { installation, seq } = phone();
  connected(true);
  const path = withQuery("/simulator/inbox", { after: seq });
  const { messages } = await get(path, { secret: installation.address, signal });
  for (const { seq: number, message } of messages) {
    if (number <= phone().seq || signal.aborted) continue;
    receive(number, message);
  }
}

function receive(seq, message) {
  const { data, notification } = message;
  if (data.type === "address_nonce") {
    keep({ seq });
    bringBack(data.nonce);
    return;
  }
  const { title, body, image } = notification || data; // a correction by night is data alone
  const arrived = {
    id: data.notification_id,
    url: data.url,
    title,
    body,
    image: image || null,
    actions: JSON.parse(data.actions || "[]"),
    tag: tagOf(message),
    at: new Date().toISOString(),
  };
  const others = phone().shade.filter((shown) => shown.tag !== arrived.tag);
  keep({ seq, shade: [arrived, ...others].slice(0, MOST_SHOWN) });
  if (notification) showBanner(arrived);
  tell("received", arrived.id);
}

/** What is shown under the same tag is replaced, on each platform in its own words. */
function tagOf({ data, android, apns, webpush }) {
  return (
    android?.notification?.tag ||
    apns?.headers?.["apns-collapse-id"] ||
    webpush?.notification?.tag ||
    data.tag ||
    data.notification_id
  );
}

/** What the app does when a nonce arrives; a reader of a real phone would see nothing of it. */
function bringBack(nonce) {
  toast(`A nonce arrived for this address: ${nonce}`);
  call("POST", own("/address/confirm"), { body: { nonce } }).catch(() => {});
}

/** Nothing that the reader sees depends on the answer; the log of calls shows a refusal. */
function tell(type, id) {
  const event = { type, notification_id: id, at: new Date().toISOString() };
  call("POST", own("/events"), { body: { events: [event] } }).catch(() => {});
}

function showBanner(arrived) {
  byId("banner").replaceChildren(shown(arrived));
  clearTimeout(hiding);
  hiding = setTimeout(() => byId("banner").replaceChildren(), BANNER_STAYS_MS);
}

/** The alert, and its buttons under it: a button in a button is none. */
function shown(one) {
  const actions = one.actions || [];
  if (!actions.length) return alertButton(one);
  const buttons = actions.map(({ id, title, url }) =>
    h("button", { type: "button", "data-action": id, dir: "auto", onclick: () => openNotification({ id: one.id, url }) }, title),
  );
  return h("div", { class: "push-group" }, alertButton(one), h("div", { class: "push-actions" }, buttons));
}

function alertButton(one) {
  return h(
    "button",
    { type: "button", class: "push", "data-notification": one.id, onclick: () => openNotification(one) },
    h(
      "span",
      { class: "push-text" },
      h("span", { class: "push-app" }, document.title.split("·").pop().trim(), " · ", timeElement(one.at)),
      h("strong", { dir: "auto" }, one.title),
      one.body && h("span", { class: "push-body", dir: "auto" }, one.body),
    ),
    one.image && picture({ url: one.image }),
  );
}

function paintShade(shade) {
  const clear = h("button", { type: "button", onclick: () => keep({ shade: [] }) }, "Clear all");
  byId("shade").replaceChildren(
    h("h2", {}, "Notifications"),
    ...(shade.length ? [...shade.map(shown), clear] : [h("p", { class: "quiet" }, "No notifications.")]),
    h("button", { type: "button", class: "icon close", "aria-label": "Close", onclick: () => toggleShade(false) }, icon("close")),
  );
  byId("unread").textContent = shade.length || "";
  byId("unread").hidden = !shade.length;
  byId("status").setAttribute("aria-description", `Opens the ${shade.length} notifications`);
}

function toggleShade(open = byId("shade").hidden) {
  if (open) paintShade(phone().shade);
  if (open) byId("banner").replaceChildren();
  byId("shade").hidden = !open;
  byId("status").setAttribute("aria-expanded", String(open));
}

function connected(is) {
  byId("link").classList.toggle("on", is);
  byId("link").setAttribute("aria-label", is ? "Waiting for pushes" : "Not connected");
}
