// What this phone follows, asked once and remembered until it changes.

import { call, get, own } from "./api.js";
import { h, icon } from "./dom.js";
import { toast } from "./messages.js";
import { askOnce } from "./permission.js";
import { onChange } from "./store.js";

const listeners = new Set();
let asked = null;
let owner = null;
let version = 0; // grows with every change, so that a screen knows whether it is stale

export const topicsVersion = () => version;

/** The topics, as a set of their names. */
export function followed() {
  asked ??= get(own("/topics")).then(({ topics }) => new Set(topics));
  asked.catch(forgetTopics);
  return asked;
}

onChange(({ installation }) => {
  if (installation?.id === owner) return;
  owner = installation?.id;
  forgetTopics();
});

function forgetTopics() {
  asked = null;
  version += 1;
}

export function onTopics(listener) {
  listeners.add(listener);
}

export async function follow(topic, wanted) {
  if (wanted) await askOnce();
  await call(wanted ? "PUT" : "DELETE", own(`/topics/${encodeURIComponent(topic)}`));
  forgetTopics();
  const topics = await followed();
  for (const listener of listeners) listener(topics);
}

/** A button that follows and unfollows, and shows which of the two it is. */
export function followButton(topic, label) {
  const button = h("button", { type: "button", class: "follow", "aria-pressed": "false", disabled: true });
  const paint = (topics) => paintFollow(button, label, topics.has(topic));
  const refuse = (problem) => toast(problem.message);
  button.addEventListener("click", () => {
    button.disabled = true;
    follow(topic, button.getAttribute("aria-pressed") !== "true")
      .catch(refuse)
      .finally(() => (button.disabled = false));
  });
  followed()
    .then((topics) => {
      paint(topics);
      button.disabled = false;
    })
    .catch(refuse);
  const listener = (topics) => (button.isConnected ? paint(topics) : listeners.delete(listener));
  onTopics(listener);
  return button;
}

function paintFollow(button, label, isFollowed) {
  button.setAttribute("aria-pressed", String(isFollowed));
  button.setAttribute("aria-label", `${isFollowed ? "Following" : "Follow"} ${label}`);
  button.replaceChildren(icon(isFollowed ? "check" : "plus"), isFollowed ? "Following" : "Follow");
}
