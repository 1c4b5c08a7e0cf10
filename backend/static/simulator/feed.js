// A list of articles without an end in sight: pages by cursor, and what is new by `until`.

import { get, withQuery } from "./api.js";
import { card } from "./cards.js";
import { h } from "./dom.js";
import { loading, note, problemCard, toast } from "./messages.js";

const PAGE_SIZE = 10;
const AHEAD = "800px"; // how far below the screen the next page is asked for
const MOST_NEW_PAGES = 5;

export class Feed {
  /** `onPage(page)` hears every first page; `empty` is said when there is nothing. */
  constructor(path, { empty, query = {}, onPage = () => {} }) {
    Object.assign(this, { path, empty, query, onPage });
    this.reset();
    this.list = h("div", { class: "list", "aria-busy": "false" });
    this.foot = h("div", { class: "foot" });
    this.element = h("div", { class: "feed" }, this.list, this.foot);
  }

  reset() {
    Object.assign(this, { seen: new Set(), next: null, newest: null, started: false, busy: false });
  }

  /** Ask for the first page, once, and go on as the reader scrolls. */
  start() {
    if (this.started) return;
    this.started = true;
    this.watcher ??= new IntersectionObserver((entries) => this.sighted(entries), {
      root: this.element.closest(".screen"),
      rootMargin: `0px 0px ${AHEAD} 0px`,
    });
    this.load();
  }

  reload() {
    this.reset();
    this.list.replaceChildren();
    this.list.removeAttribute("role");
    this.start();
  }

  sighted(entries) {
    if (entries.some((entry) => entry.isIntersecting) && this.next) this.load();
  }

  async load() {
    if (this.busy) return;
    this.setBusy(true);
    this.foot.replaceChildren(loading());
    try {
      const first = this.next === null;
      const page = await this.read({ cursor: this.next });
      if (first) this.newest = page.newest_cursor ?? null;
      if (first) this.onPage(page);
      this.next = page.next_cursor;
      this.list.append(...this.unseen(page.articles));
      this.end();
    } catch (problem) {
      this.fail(problem);
    } finally {
      this.setBusy(false);
    }
  }

  /** What is newer than the newest article here, put on top. */
  async refresh() {
    if (this.busy) return;
    if (!this.newest) return this.reload();
    this.setBusy(true);
    try {
      await this.readNewer();
    } catch (problem) {
      // A cursor that the server no longer takes: the problem says to start again.
      if (problem.status === 400) this.reload();
      else toast(problem.message);
    } finally {
      this.setBusy(false);
    }
  }

  async readNewer() {
    let page = await this.read({ until: this.newest });
    const newest = page.newest_cursor ?? this.newest;
    const articles = [...page.articles];
    for (let pages = 1; page.next_cursor; pages += 1) {
      if (pages === MOST_NEW_PAGES) {
        this.busy = false;
        return this.reload();
      }
      page = await this.read({ cursor: page.next_cursor });
      articles.push(...page.articles);
    }
    this.newest = newest;
    this.putOnTop(this.unseen(articles));
  }

  putOnTop(cards) {
    this.list.prepend(...cards);
    this.element.closest(".screen")?.scrollTo({ top: 0, behavior: "smooth" });
    toast(cards.length ? `${cards.length} new` : "You are up to date.");
  }

  read(position) {
    return get(withQuery(this.path, { limit: PAGE_SIZE, ...this.query, ...position }));
  }

  /** An article that moved up between two pages would come a second time. */
  unseen(articles) {
    const fresh = articles.filter((article) => !this.seen.has(article.id));
    for (const article of fresh) this.seen.add(article.id);
    return fresh.map(card);
  }

  end() {
    this.watcher.disconnect();
    if (this.seen.size) this.list.setAttribute("role", "feed"); // an empty one is none
    if (this.next) {
      this.foot.replaceChildren(loading());
      this.watcher.observe(this.foot); // anew, so that it reports although nothing moved
    } else if (this.seen.size) {
      this.foot.replaceChildren(h("p", { class: "end" }, "You have seen everything."));
    } else {
      this.foot.replaceChildren(typeof this.empty === "function" ? this.empty() : note(this.empty));
    }
  }

  fail(problem) {
    this.watcher.disconnect();
    this.foot.replaceChildren(problemCard(problem, () => this.load()));
  }

  setBusy(busy) {
    this.busy = busy;
    this.list.setAttribute("aria-busy", String(busy));
  }
}
