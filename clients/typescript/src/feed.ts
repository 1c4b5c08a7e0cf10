/** A list as the app shows it: kept, brought up to date, and walked down, without hole or double. */
import { Refused } from "./http.js";
import type { Article, List, Page } from "./lists.js";
import { keep, Queue, recall, type Storage } from "./platform.js";

interface Held<A> {
  pinned: Article[];
  articles: A[];
  /** Where the next page begins; null at the end. */
  next: string | null;
  newest: string | null;
  sync: string;
}

export interface FeedOptions {
  /** Where the list is kept while the app is closed; without one it is kept nowhere. */
  storage?: Storage;
  /** How many articles a page of the screen has. */
  limit?: number;
  /** How many are asked for at once when catching up. */
  batch?: number;
  /** When catching up takes more calls of one kind than this, the first page is loaded instead. */
  mostCalls?: number;
}

const NONE: readonly never[] = [];

/** More happened than is worth being caught up with. */
class TooMuch extends Error {}

export class Feed<A extends { id: string }> {
  private held: Held<A> | null = null;
  private shown: readonly A[] = NONE;
  private readonly queue = new Queue();
  private readonly listeners = new Set<() => void>();
  private readonly limit: number;
  private readonly batch: number;
  private readonly mostCalls: number;

  constructor(
    private readonly list: List<A>,
    private readonly options: FeedOptions = {},
  ) {
    this.limit = options.limit ?? 20;
    this.batch = options.batch ?? 100;
    this.mostCalls = options.mostCalls ?? 10;
  }

  /** What an editor put on top; show it above, as `articles` has none of it. */
  get pinned(): readonly Article[] {
    return this.held?.pinned ?? NONE;
  }

  /** What stands below what is pinned, in the order of the list; the same array until something changes. */
  get articles(): readonly A[] {
    return this.shown;
  }

  /** Whether the list ends with what is held. */
  get isWhole(): boolean {
    return this.held !== null && this.held.next === null;
  }

  /** Called after every change; answers what ends that. */
  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  /** What was kept when the app was closed, without asking anybody. True when there was something. */
  restore(): Promise<boolean> {
    return this.queue.run(async () => {
      const { storage } = this.options;
      const kept = storage ? await recall<Held<A>>(storage, this.keptAs) : null;
      if (kept !== null && this.held === null) this.put(kept);
      return this.held !== null;
    });
  }

  /** The first page, or everything that happened since the last time. */
  refresh(): Promise<void> {
    return this.queue.run(async () => {
      await this.show(this.held === null ? await this.firstPage() : await this.caughtUp(this.held));
    });
  }

  /** One more page below; nothing when the list is whole. */
  older(): Promise<void> {
    return this.queue.run(async () => {
      const { held } = this;
      if (held === null) return this.show(await this.firstPage());
      if (held.next === null) return;
      const page = await this.startingOver(() => this.list.page({ limit: this.limit, cursor: held.next as string }));
      if (page === null) return this.show(await this.firstPage());
      const articles = [...held.articles, ...page.articles];
      await this.show({ ...held, articles, next: page.next_cursor });
    });
  }

  private async firstPage(): Promise<Held<A>> {
    return heldOf(await this.list.page({ limit: this.limit }));
  }

  private async caughtUp(held: Held<A>): Promise<Held<A>> {
    const found = await this.startingOver(async () => {
      const changed = await this.changed(held);
      const newer = await this.newer(changed.held);
      const shown = new Set(newer.articles.map((each) => each.id));
      const isWhole = [...changed.unknown].every((id) => shown.has(id));
      return isWhole ? newer : this.walkedAgain(newer);
    });
    return found ?? this.firstPage();
  }

  /** Takedowns and edits of what is held; beside it what was told of articles that are not. */
  private async changed(held: Held<A>): Promise<{ held: Held<A>; unknown: Set<string> }> {
    const articles = new Map(held.articles.map((each) => [each.id, each]));
    const pinned = new Map(held.pinned.map((each) => [each.id, each]));
    const unknown = new Set<string>();
    let sync = held.sync;
    for (let calls = 1, hasMore = true; hasMore; calls++) {
      if (calls > this.mostCalls) throw new TooMuch();
      const page = await this.list.changes({ limit: this.batch, cursor: sync });
      for (const change of page.changes) {
        if (change.op === "remove") {
          for (const each of [articles, pinned, unknown]) each.delete(change.id);
        } else if (change.op === "upsert") {
          const { article } = change;
          if (pinned.has(article.id)) pinned.set(article.id, article as A & Article);
          if (articles.has(article.id)) articles.set(article.id, article); // stays in its place
          else unknown.add(article.id);
        } // else an `op` of a later server
      }
      [sync, hasMore] = [page.sync_cursor, page.has_more];
    }
    return { held: { ...held, articles: [...articles.values()], pinned: [...pinned.values()], sync }, unknown };
  }

  /** With what is newer on top, the whole of it or nothing: a walk that breaks off leaves no hole. */
  private async newer(held: Held<A>): Promise<Held<A>> {
    if (held.newest === null) return held;
    const first = await this.list.page({ limit: this.limit, until: held.newest });
    const above = await this.walk(first, () => first.gap);
    const newest = first.newest_cursor ?? held.newest;
    return { ...held, articles: [...above.articles, ...held.articles], pinned: first.pinned, newest };
  }

  /** An article came to a place that only the list knows: read it again, as deep as it was shown. */
  private async walkedAgain(held: Held<A>): Promise<Held<A>> {
    const last = held.articles.at(-1)?.id;
    const most = held.articles.length + this.limit;
    const first = await this.list.page({ limit: this.batch });
    const isWanted = (walked: A[]) => walked.length < most && !walked.some((each) => each.id === last);
    return { ...heldOf(first), ...(await this.walk(first, isWanted)) };
  }

  /** On from a page to the end, while more is wanted. */
  private async walk(
    first: Page<A>,
    isWanted: (walked: A[]) => boolean,
  ): Promise<{ articles: A[]; next: string | null }> {
    const articles = [...first.articles];
    let next = first.next_cursor;
    for (let calls = 1; next !== null && isWanted(articles); calls++) {
      if (calls >= this.mostCalls) throw new TooMuch();
      const page = await this.list.page({ limit: this.batch, cursor: next });
      articles.push(...page.articles);
      next = page.next_cursor;
    }
    return { articles, next };
  }

  /** Null where the first page has to be loaded: a cursor is damaged or too old, or too much happened. */
  private async startingOver<T>(work: () => Promise<T>): Promise<T | null> {
    try {
      return await work();
    } catch (error) {
      const isOld = error instanceof Refused && /\/(cursor-expired|bad-cursor)$/.test(error.type);
      if (isOld || error instanceof TooMuch) return null;
      throw error;
    }
  }

  private async show(held: Held<A>): Promise<void> {
    this.put(held);
    if (this.options.storage) await keep(this.options.storage, this.keptAs, held);
  }

  private put(held: Held<A>): void {
    const pinned = new Set(held.pinned.map((each) => each.id));
    this.held = held;
    this.shown = held.articles.filter((each) => !pinned.has(each.id));
    for (const listener of this.listeners) listener();
  }

  private get keptAs(): string {
    return `tagwire.feed.${this.list.name}`;
  }
}

function heldOf<A>(page: Page<A>): Held<A> {
  const { pinned, articles, next_cursor: next, newest_cursor: newest, sync_cursor: sync } = page;
  return { pinned, articles, next, newest, sync };
}
