// Finding topics: search, what is trending, breaking news.

import { get, withQuery } from "./api.js";
import { h } from "./dom.js";
import { note, problemCard } from "./messages.js";
import { define, navigate } from "./nav.js";
import { phone } from "./store.js";
import { followButton } from "./topics.js";

const TYPING_PAUSE_MS = 250;

export function defineDiscover() {
  define("discover", discover);
}

function discover() {
  const input = h("input", {
    type: "search", id: "find", placeholder: "Topics and articles", autocomplete: "off", dir: "auto", maxlength: 100,
  });
  const form = h(
    "form",
    { class: "find", role: "search" },
    h("label", { for: "find", class: "unseen" }, "Search topics and articles"),
    input,
  );
  const results = h("div", { class: "results", "aria-live": "polite" });
  const lookUp = searcher(input, results);
  input.addEventListener("input", lookUp);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (input.value.trim()) navigate({ name: "search", params: { q: input.value.trim() } });
  });
  const refill = () => phone().installation && !input.value.trim() && trending(results);
  return { title: "Discover", element: h("div", {}, form, results), onShow: refill };
}

/** Looks up what was typed; an answer that comes late does not replace a later one. */
function searcher(input, results) {
  let waiting = 0;
  let latest = 0;
  const ask = async () => {
    const mine = (latest += 1);
    const q = input.value.trim();
    if (!q) return trending(results);
    const found = await rows(withQuery("/v1/tags", { q }), ask);
    return mine === latest && results.replaceChildren(...found, articlesLink(q));
  };
  return () => {
    clearTimeout(waiting);
    waiting = setTimeout(ask, TYPING_PAUSE_MS);
  };
}

async function trending(results) {
  const again = () => trending(results);
  const found = await rows("/v1/tags/trending", again);
  results.replaceChildren(
    h("h2", { class: "group" }, "Alerts"),
    h("ul", { class: "topics" }, row("breaking", "Breaking news", "Everything that is marked breaking")),
    h("h2", { class: "group" }, "Trending"),
    ...found,
  );
}

async function rows(path, again) {
  try {
    const { tags } = await get(path, { secret: "" });
    if (!tags.length) return [note("No topic found.")];
    return [h("ul", { class: "topics" }, tags.map(tagRow))];
  } catch (problem) {
    return [problemCard(problem, again)];
  }
}

function tagRow(tag) {
  const open = () => navigate({ name: "tag", params: { tag: tag.name } });
  return row(tag.topic, tag.label, tag.members?.length ? tag.members.join(" and ") : null, open);
}

/** One topic: its name, which opens its feed when it has one, and the button that follows it. */
export function row(topic, label, about, open) {
  const name = open
    ? h("button", { type: "button", class: "topic-name", dir: "auto", onclick: open }, label)
    : h("span", { class: "topic-name", dir: "auto" }, label);
  return h(
    "li",
    { "data-topic": topic },
    h("div", {}, name, about && h("p", { class: "quiet", dir: "auto" }, about)),
    followButton(topic, label),
  );
}

function articlesLink(q) {
  const open = () => navigate({ name: "search", params: { q } });
  return h("button", { type: "button", class: "wide", onclick: open }, `Articles with “${q}”`);
}
