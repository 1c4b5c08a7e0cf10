/** Everything that an app needs of a Tagwire server, made from what its platform gives. */
import { Events } from "./events.js";
import { Feed, type FeedOptions } from "./feed.js";
import { apiOf, authorization, etagCache, known, patient, type Api, type Retrying } from "./http.js";
import { Installation } from "./installation.js";
import { Links, type LinkOptions } from "./links.js";
import type { List } from "./lists.js";
import { globalPlatform, type Platform, type Storage } from "./platform.js";
import type { AnyScreen } from "./routes.js";
import type { components } from "./schema.js";

export * from "./lists.js";
export { Feed, type FeedOptions } from "./feed.js";
export { Refused, known, type Api, type Problem } from "./http.js";
export type { Address, Draft, Installation, Preferences, PreferencesChange } from "./installation.js";
export type { Claim, Links, Place } from "./links.js";
export { memoryStorage, type Platform, type PushData, type Storage } from "./platform.js";
export { screenOf, type AnyScreen, type RouteTable } from "./routes.js";
export type { components, paths } from "./schema.js";

export interface Options<S> extends LinkOptions<S> {
  baseUrl: string;
  storage: Storage;
  /** Where the system keeps secrets: Keychain, Keystore; a browser has but its storage. */
  secrets: Storage;
  /** What is not given is the global one. */
  with?: Partial<Platform>;
  retrying?: Partial<Retrying>;
  /** How many answers are kept with their ETag. */
  mostKept?: number;
}

export interface Tagwire<S extends AnyScreen> {
  /** Every call of the contract, typed. */
  api: Api;
  installation: Installation;
  events: Events;
  links: Links<S>;
  /** A list to show, kept in the app's storage. */
  feed<A extends { id: string }>(list: List<A>, options?: FeedOptions): Feed<A>;
  article(id: string): Promise<components["schemas"]["Article"]>;
}

export function tagwire<S extends AnyScreen = AnyScreen>(options: Options<S>): Tagwire<S> {
  const platform = { ...globalPlatform, ...options.with };
  const retrying = { tries: 4, longestWaitMs: 30_000, ...options.retrying };
  const secret = () => installation.secret;
  const cache = etagCache(options.mostKept ?? 100);
  const api = apiOf(options.baseUrl, patient(platform, retrying), authorization(secret), cache);
  const { storage } = options;
  const installation: Installation = new Installation(api, storage, options.secrets);
  const events = new Events(api, installation, storage, platform);
  const links = new Links<S>(api, events, storage, platform, options);
  return {
    api,
    installation,
    events,
    links,
    feed: (list, more) => new Feed(list, { storage, ...more }),
    article: (article_id) => known(api.GET("/v1/articles/{article_id}", { params: { path: { article_id } } })),
  };
}
