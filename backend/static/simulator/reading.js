// The screens that are read: home, tag, source, category, search, article.

import { get } from "./api.js";
import { byline, card, kicker, tagLinks } from "./cards.js";
import { directionOf, h, icon, picture } from "./dom.js";
import { Feed } from "./feed.js";
import { openLink } from "./links.js";
import { loading, note, problemCard } from "./messages.js";
import { define, navigate, replace, retitle } from "./nav.js";
import { richText } from "./richtext.js";
import { phone } from "./store.js";
import { followButton, topicsVersion } from "./topics.js";

export function defineReading() {
  define("home", home);
  define("tag", ({ tag }) => listing(`/v1/tags/${encodeURIComponent(tag)}/articles`, `#${tag}`, "tag"));
  define("source", ({ slug }) => listing(`/v1/sources/${encodeURIComponent(slug)}/articles`, slug, "source"));
  define("category", ({ slug }) =>
    listing(`/v1/categories/${encodeURIComponent(slug)}/articles`, slug, "category"));
  define("search", search);
  define("article", article);
}

function home() {
  const feed = new Feed("/v1/feed", { empty: nothingFollowed });
  let version = topicsVersion();
  return {
    title: "Home",
    element: feed.element,
    actions: [refreshButton(feed)],
    onShow() {
      if (!phone().installation) return replace({ name: "welcome" });
      if (version !== topicsVersion() && feed.started) feed.reload();
      version = topicsVersion();
      return feed.start();
    },
  };
}

function nothingFollowed() {
  const discover = () => navigate({ name: "discover" });
  return note(
    "Articles of the topics you follow appear here.",
    h("button", { type: "button", class: "primary", onclick: discover }, "Discover topics"),
  );
}

/** The feed of a tag, a source or a category, with its name and a way to follow it. */
function listing(path, title, kind) {
  const head = h("div", { class: "head" });
  const feed = new Feed(path, {
    empty: "Nothing has been published here yet.",
    onPage(page) {
      const found = page[kind];
      const topic = found.topic || `${kind}:${found.slug}`;
      const label = found.label || found.name;
      head.replaceChildren(h("p", { dir: "auto" }, found.heading || label), followButton(topic, label));
      retitle(head, label);
    },
  });
  const element = h("div", {}, head, feed.element);
  return { title, element, actions: [refreshButton(feed)], onShow: () => feed.start() };
}

function search({ q = "" }) {
  const feed = new Feed("/v1/search", { query: { q }, empty: `No article holds “${q}”.` });
  return { title: `“${q}”`, element: feed.element, onShow: () => feed.start() };
}

function article({ id }) {
  const element = h("div", { class: "reader" }, loading());
  const read = async () => {
    try {
      const found = await get(`/v1/articles/${encodeURIComponent(id)}`, { secret: "" });
      element.replaceChildren(...page(found));
      retitle(element, found.source.name);
    } catch (problem) {
      element.replaceChildren(problemCard(problem, read));
    }
  };
  read();
  return { title: "", element };
}

function page(found) {
  const body = h("div", { class: "body" });
  body.append(richText(found.body_html || "", openLink));
  if (!body.textContent.trim()) body.append(h("p", {}, found.body_text || found.summary));
  const text = h(
    "article",
    { dir: directionOf(found.language), lang: found.language, "data-id": found.id },
    picture(found.image, { class: "lead", loading: "eager" }),
    h("div", { class: "reader-text" }, kicker(found), h("h2", {}, found.title), byline(found), body, more(found)),
  );
  return found.related?.length ? [text, related(found.related)] : [text];
}

function more(found) {
  const publisher = { href: found.source_url, target: "_blank", rel: "noopener noreferrer", lang: "en" };
  return h("footer", {}, tagLinks(found.tags), h("a", publisher, `Read at ${found.source.name}`));
}

function related(articles) {
  return h("section", { class: "related" }, h("h3", {}, "More about this"), articles.map(card));
}

function refreshButton(feed) {
  const attributes = { type: "button", class: "icon", "aria-label": "Refresh", onclick: () => feed.refresh() };
  return h("button", attributes, icon("refresh"));
}
