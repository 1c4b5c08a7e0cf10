/** One screen of an app, over a client that openapi-typescript made: BASE SYNC_CURSOR TAG. */
import createClient from "openapi-fetch";
import type { components, paths } from "./schema.js";

declare const process: { argv: string[] };
type Article = components["schemas"]["ArticleSummary"];
type Change = components["schemas"]["Change"];

const TAG = "Wharf";
const [, , baseUrl = "", since = "", later = ""] = process.argv;
// What is not among these are the partial answers that only `fields=` asks for.
type Media = "application/json" | "application/problem+json";
const api = createClient<paths, Media>({ baseUrl });

function line(article: Article): string {
  return `${article.title} by ${article.source.name} at ${article.published_at.slice(0, 10)}`;
}

function told(change: Change): string {
  switch (change.op) {
    case "upsert":
      return `upsert ${change.article.title}`;
    case "remove":
      return `remove ${change.id} ${change.reason}`;
    // @ts-expect-error: a value that the document does not have
    case "typo":
      return "typo";
    default:
      return "unknown"; // a newer server's
  }
}

// @ts-expect-error: a value that the document does not have
export const kind: components["schemas"]["Tag"]["kind"] = "nonsense";

function known<T>(found: { data?: T; error?: { detail: string } }): T {
  if (found.data === undefined) throw new Error(found.error?.detail ?? "nothing");
  return found.data;
}

const path = { tag: TAG };
const first = known(await api.GET("/v1/tags/{tag}/articles", { params: { path, query: { limit: 1 } } }));
console.log(first.articles.map(line).join());
if (first.next_cursor === null) throw new Error("there is a second page");
const query = { limit: 1, cursor: first.next_cursor };
const second = known(await api.GET("/v1/tags/{tag}/articles", { params: { path, query } }));
console.log(second.articles.map(line).join(), second.next_cursor);

const changes = known(await api.GET("/v1/tags/{tag}/changes", { params: { path, query: { cursor: since } } }));
console.log(changes.changes.map(told).join());

const phone = known(await api.POST("/v1/installations", { body: { platform: "ios", locale: "en" } }));
const headers = { Authorization: `Bearer ${phone.secret}` };
const topic = { installation_id: phone.id, topic: `tag:${TAG}` };
const followed = await api.PUT("/v1/installations/{installation_id}/topics/{topic}", { params: { path: topic }, headers });
console.log("followed", followed.response.status);
const home = known(await api.GET("/v1/feed", { headers }));
console.log(home.articles.map((each) => `${each.title} for ${each.matched.join()}`).join());

// A server of later may say more than this client knows.
const tag: components["schemas"]["Tag"] = JSON.parse(later);
console.log(tag.name);

const refused = await api.GET("/v1/tags/{tag}/articles", { params: { path: { tag: "Nowhere" } } });
console.log(refused.error?.type);
