// What the phone says when there is nothing to show, or something failed.

import { byId, h } from "./dom.js";
import { forget } from "./store.js";
import { restart } from "./nav.js";

const TOAST_STAYS_MS = 6000;
let hiding = 0;

/** One line at the bottom of the phone. */
export function toast(text, action = null) {
  const link =
    action && h("a", { href: action.url, target: "_blank", rel: "noopener noreferrer" }, action.label);
  byId("toast").replaceChildren(...[text, link && " ", link].filter(Boolean));
  byId("toast").classList.add("shown");
  clearTimeout(hiding);
  hiding = setTimeout(() => byId("toast").classList.remove("shown"), TOAST_STAYS_MS);
}

export function note(text, ...more) {
  return h("div", { class: "note" }, h("p", {}, text), ...more);
}

export function loading() {
  return h("div", { class: "loading", role: "status" }, h("span", { class: "unseen" }, "Loading"));
}

/** A problem document as a card: its title, its detail, and what can be done. */
export function problemCard(problem, retry) {
  const again =
    problem.status === 401
      ? h("button", { type: "button", class: "primary", onclick: startAgain }, "Start again")
      : retry && h("button", { type: "button", onclick: retry }, "Try again");
  return h(
    "div",
    { class: "problem", role: "alert" },
    h("strong", {}, problem.title || "Something failed on this phone"),
    h("p", {}, problem.detail || problem.message),
    again,
  );
}

function startAgain() {
  forget();
  restart({ name: "welcome" });
}
