// Screens on a stack that follows the browser's history, so that its back button works as well.

import { byId, h } from "./dom.js";

export const TABS = ["home", "discover", "inbox", "settings"];
const KEPT_SCREENS = 12;

const builders = new Map();
const shown = new Map(); // depth in the history → the screen there
let current = null;

/** `build(params)` answers `{title, element, actions?, onShow?}`. */
export function define(name, build) {
  builders.set(name, build);
}

export function start() {
  addEventListener("popstate", () => show(screenInAddress()));
  byId("back").addEventListener("click", back);
  byId("tabs").addEventListener("click", (event) => {
    const name = event.target.closest("button")?.dataset.screen;
    if (name) navigate({ name });
  });
  show(screenInAddress());
}

export function navigate(screen) {
  const address = addressOf(screen);
  if (current && address === current.address) return scrollUp();
  history.pushState({ depth: depth() + 1 }, "", address);
  return show(screen, { fresh: true });
}

export function back() {
  if (depth() > 0) history.back();
  else navigate({ name: "home" });
}

/** Show another screen in place of this one, as if it had never been there. */
export function replace(screen) {
  history.replaceState({ depth: depth() }, "", addressOf(screen));
  show(screen, { fresh: true });
}

/** Build everything anew: what was read belonged to another installation. */
export function restart(screen = { name: "home" }) {
  for (const { element } of shown.values()) element.remove();
  shown.clear();
  current = null;
  replace(screen);
}

function depth() {
  return history.state?.depth ?? 0;
}

function addressOf({ name, params = {} }) {
  const query = new URLSearchParams(params).toString();
  return `#/${name}${query ? `?${query}` : ""}`;
}

function screenInAddress() {
  const [name, query] = location.hash.replace(/^#\//, "").split("?");
  const params = Object.fromEntries(new URLSearchParams(query || ""));
  return builders.has(name) ? { name, params } : { name: "home" };
}

function show(screen, { fresh = false } = {}) {
  const address = addressOf(screen);
  const at = depth();
  let found = shown.get(at);
  if (fresh || found?.address !== address) found = build(screen, address, at);
  leave();
  current = found;
  found.element.hidden = false;
  found.element.scrollTop = found.scrolled;
  frame(found, screen.name);
  found.onShow?.();
}

function leave() {
  if (!current) return;
  current.scrolled = current.element.scrollTop;
  current.element.hidden = true;
}

function build(screen, address, at) {
  for (const [other, { element }] of [...shown]) {
    if (other < at && other > at - KEPT_SCREENS) continue;
    element.remove();
    shown.delete(other);
  }
  const { title, element, actions = [], onShow } = builders.get(screen.name)(screen.params || {});
  const wrapped = h("div", { class: "screen", "data-screen": screen.name, hidden: true }, element);
  byId("screens").append(wrapped);
  const made = { address, title, actions, onShow, element: wrapped, scrolled: 0 };
  shown.set(at, made);
  return made;
}

function frame({ title, actions }, name) {
  byId("title").textContent = title;
  byId("actions").replaceChildren(...actions);
  byId("back").hidden = TABS.includes(name) || name === "welcome";
  byId("tabs").hidden = name === "welcome";
  for (const tab of byId("tabs").children) {
    if (tab.dataset.screen === name) tab.setAttribute("aria-current", "page");
    else tab.removeAttribute("aria-current");
  }
  if (document.activeElement === document.body || byId("screens").contains(document.activeElement)) {
    byId("title").focus({ preventScroll: true });
  }
}

function scrollUp() {
  current.element.scrollTo({ top: 0, behavior: "smooth" });
}

/** A screen whose title is known only after its first answer. */
export function retitle(element, title) {
  const owner = [...shown.values()].find((screen) => screen.element.contains(element));
  if (!owner) return;
  owner.title = title;
  if (owner === current) byId("title").textContent = title;
}
