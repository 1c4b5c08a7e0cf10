/** The lists of the API, and their pages as async iterators. */
import { known, type Api } from "./http.js";
import type { components } from "./schema.js";

type Schemas = components["schemas"];
export type Article = Schemas["ArticleSummary"];
export type HomeArticle = Schemas["HomeArticle"];

export interface PageQuery {
  limit?: number;
  cursor?: string;
  until?: string;
}

/** What every page of a list has, whatever it lists. */
export interface Page<A> {
  articles: A[];
  pinned: Article[];
  gap: boolean;
  next_cursor: string | null;
  newest_cursor: string | null;
  sync_cursor: string;
}

export type Change<A> = { op: "upsert"; article: A } | { op: "remove"; id: string; reason: string };

export interface ChangePage<A> {
  changes: Change<A>[];
  has_more: boolean;
  sync_cursor: string;
}

/** One list: how its pages and changes are asked for. `name` keeps it apart in a storage. */
export interface List<A> {
  name: string;
  page(query: PageQuery): Promise<Page<A>>;
  changes(query: { cursor: string; limit?: number }): Promise<ChangePage<A>>;
}

export interface OfLanguage {
  language?: string;
}

export function tagList(api: Api, tag: string, more: OfLanguage = {}): List<Article> {
  const params = <Q>(query: Q) => ({ params: { path: { tag }, query: { ...query, ...more } } });
  return {
    name: `tag:${tag}:${more.language ?? ""}`,
    page: (query) => known(api.GET("/v1/tags/{tag}/articles", params(query))),
    changes: (query) => known(api.GET("/v1/tags/{tag}/changes", params(query))),
  };
}

export function sourceList(api: Api, slug: string, more: OfLanguage = {}): List<Article> {
  const params = <Q>(query: Q) => ({ params: { path: { slug }, query: { ...query, ...more } } });
  return {
    name: `source:${slug}:${more.language ?? ""}`,
    page: (query) => known(api.GET("/v1/sources/{slug}/articles", params(query))),
    changes: (query) => known(api.GET("/v1/sources/{slug}/changes", params(query))),
  };
}

export function categoryList(api: Api, slug: string, more: OfLanguage = {}): List<Article> {
  const params = <Q>(query: Q) => ({ params: { path: { slug }, query: { ...query, ...more } } });
  return {
    name: `category:${slug}:${more.language ?? ""}`,
    page: (query) => known(api.GET("/v1/categories/{slug}/articles", params(query))),
    changes: (query) => known(api.GET("/v1/categories/{slug}/changes", params(query))),
  };
}

export function breakingList(api: Api, more: OfLanguage = {}): List<Article> {
  const params = <Q>(query: Q) => ({ params: { query: { ...query, ...more } } });
  return {
    name: `breaking:${more.language ?? ""}`,
    page: (query) => known(api.GET("/v1/breaking/articles", params(query))),
    changes: (query) => known(api.GET("/v1/breaking/changes", params(query))),
  };
}

/** Each page down to the end; nothing is asked for before it is wanted. */
export async function* pagesOf<P extends { next_cursor: string | null }>(
  page: (query: { cursor?: string }) => Promise<P>,
): AsyncGenerator<P, void, undefined> {
  let query: { cursor?: string } = {};
  for (;;) {
    const found = await page(query);
    yield found;
    if (found.next_cursor === null) return;
    query = { cursor: found.next_cursor };
  }
}

export interface Search {
  q: string;
  tag?: string;
  source?: string;
  category?: string;
  language?: string;
  limit?: number;
}

export function searchPages(api: Api, search: Search): AsyncGenerator<Schemas["SearchPage"], void, undefined> {
  return pagesOf((query) => known(api.GET("/v1/search", { params: { query: { ...search, ...query } } })));
}
