// Articles in a list.

import { directionOf, h, picture, timeElement } from "./dom.js";
import { navigate } from "./nav.js";

export function card(article) {
  const href = `#/article?${new URLSearchParams({ id: article.id })}`;
  return h(
    "article",
    {
      class: article.image ? "card pictured" : "card",
      dir: directionOf(article.language),
      lang: article.language,
      "data-id": article.id,
    },
    picture(article.image, { class: "card-picture" }),
    h(
      "div",
      { class: "card-text" },
      kicker(article),
      h("h2", {}, h("a", { href, onclick: (event) => open(event, article.screen) }, article.title)),
      h("p", { class: "summary" }, article.summary),
      byline(article),
    ),
  );
}

/** Source and time, and what a reader should know before trusting the text. */
export function byline(article) {
  const sources = article.story?.source_count ?? 1;
  return bylineOf(
    h("bdi", { class: "source" }, article.source.name),
    english(timeElement(article.published_at)),
    article.corrected_at && english("Corrected"),
    sources > 1 && english(`${sources} sources`),
  );
}

/** Parts with dots between them, which vanish where a line begins. */
export function bylineOf(...parts) {
  const items = parts.filter(Boolean).map((part) => h("span", {}, part));
  return h("span", { class: "byline" }, h("span", {}, items));
}

function english(content) {
  return h("bdi", { dir: "ltr", lang: "en" }, content);
}

export function tagLinks(names) {
  return h(
    "ul",
    { class: "tags" },
    names.map((tag) =>
      h("li", {}, h("button", { type: "button", dir: "auto", onclick: () => navigate({ name: "tag", params: { tag } }) }, `#${tag}`)),
    ),
  );
}

export function kicker(article) {
  if (article.breaking) return h("p", { class: "kicker breaking", lang: "en", dir: "auto" }, "Breaking");
  if (article.category) return h("p", { class: "kicker", dir: "auto" }, article.category.name);
  return null;
}

function open(event, screen) {
  event.preventDefault();
  navigate(screen);
}
