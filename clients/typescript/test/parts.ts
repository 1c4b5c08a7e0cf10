/** Each part against answers that are made up: what it asks, repeats, keeps and never says twice. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { known, memoryStorage, screenOf, tagList, tagwire, pagesOf, type RouteTable } from "../src/index.js";

type Answer = (request: Request) => Response | Promise<Response>;

function json(body: unknown, status = 200, headers: Record<string, string> = {}): Response {
  const type = status < 400 ? "application/json" : "application/problem+json";
  return new Response(JSON.stringify(body), { status, headers: { "Content-Type": type, ...headers } });
}

function problem(status: number, type = "", headers: Record<string, string> = {}): Response {
  return json({ type, title: "", detail: "no", status }, status, headers);
}

/** A client whose server answers these, one after the other; then there is no network. */
function talking(...answers: Answer[]) {
  const asked: string[] = [];
  const sent: Request[] = [];
  const slept: number[] = [];
  const storage = memoryStorage();
  const secrets = memoryStorage();
  const start = () => tagwire({
    baseUrl: "https://news.test",
    storage,
    secrets,
    with: {
      fetch: async (request) => {
        asked.push(`${request.method} ${request.url.replace("https://news.test", "")}`);
        sent.push(request);
        const answer = answers.shift();
        if (answer === undefined) throw new TypeError("no network");
        return answer(request);
      },
      now: () => new Date("2026-03-02T10:00:00.123Z"),
      random: () => 0.5,
      sleep: async (milliseconds) => void slept.push(milliseconds),
    },
  });
  return { client: start(), start, asked, sent, slept, storage, secrets, add: (...more: Answer[]) => void answers.push(...more) };
}

const registered: Answer = () => json({ id: "i1", secret: "s1" }, 201);
const page = (titles: string[], next: string | null) => () =>
  json({ articles: titles.map((id) => ({ id })), pinned: [], gap: false, next_cursor: next, newest_cursor: "n", sync_cursor: "s" });

void test("pages come one by one, and none before it is wanted", async () => {
  const { client, asked } = talking(page(["a"], "c"), page(["b"], null));
  const found: string[] = [];
  for await (const each of pagesOf(tagList(client.api, "North Korea").page)) {
    found.push(...each.articles.map(({ id }) => id), String(asked.length));
  }
  assert.deepEqual(found, ["a", "1", "b", "2"]);
  assert.deepEqual(asked, ["GET /v1/tags/North%20Korea/articles", "GET /v1/tags/North%20Korea/articles?cursor=c"]);
});

void test("a read is repeated after 503, 429 and a lost connection, later and later", async () => {
  const lost: Answer = () => Promise.reject(new TypeError("lost"));
  const { client, slept } = talking(() => problem(503), lost, () => problem(429, "", { "Retry-After": "7" }), page([], null));
  await tagList(client.api, "x").page({});
  assert.deepEqual(slept, [1250, 2500, 8750]);
});

void test("a wait that nobody would wait for is the app's to know", async () => {
  const { client, slept } = talking(() => problem(429, "/problems/too-many-requests", { "Retry-After": "600" }));
  await assert.rejects(tagList(client.api, "x").page({}), ({ type }) => type === "/problems/too-many-requests");
  assert.deepEqual(slept, []);
});

void test("a call that might count twice is made once", async () => {
  const { client, asked } = talking(() => problem(503), registered);
  await assert.rejects(client.installation.start({ platform: "ios" }));
  assert.deepEqual(asked, ["POST /v1/installations"]);
});

void test("what did not change is not sent again", async () => {
  const { client, sent } = talking(
    () => json({ articles: [{ id: "a" }] }, 200, { ETag: '"1"' }),
    () => new Response(null, { status: 304 }),
  );
  const list = tagList(client.api, "x");
  assert.deepEqual(await list.page({}), await list.page({}));
  assert.deepEqual(sent.map((each) => each.headers.get("If-None-Match")), [null, '"1"']);
});

void test("the app is registered once, and the secret goes with its own calls only", async () => {
  const { client, asked, sent, secrets } = talking(registered, () => new Response(null, { status: 204 }), page([], null));
  await Promise.all([client.installation.start({ platform: "ios" }), client.installation.start({ platform: "ios" })]);
  await client.installation.follow("tag:Harbour");
  await tagList(client.api, "x").page({});
  assert.deepEqual(asked.slice(0, 2), ["POST /v1/installations", "PUT /v1/installations/i1/topics/tag%3AHarbour"]);
  assert.deepEqual(sent.map((each) => each.headers.get("Authorization")), [null, "Bearer s1", null]);
  assert.ok((await secrets.getItem("tagwire.secret"))?.includes("s1"));
});

void test("an address is told again only when it is another one", async () => {
  const address = (value: string) => ({ platform: "ios" as const, address: { kind: "token" as const, value } });
  const { client, asked } = talking(registered, () => json({ id: "i1" }));
  for (const value of ["one", "one", "two", "two"]) await client.installation.start(address(value));
  assert.deepEqual(asked, ["POST /v1/installations", "PATCH /v1/installations/i1"]);
});

void test("an installation that the server forgot registers again and follows what it followed", async () => {
  const empty: Answer = () => new Response(null, { status: 204 });
  const { client, asked, sent, add } = talking(registered, empty);
  await client.installation.start({ platform: "android" });
  await client.installation.follow("breaking");
  add(() => problem(401), () => json({ id: "i2", secret: "s2" }, 201), () => json({ topics: [] }), page(["a"], null));
  const { articles } = await client.installation.home().page({});
  assert.deepEqual(articles, [{ id: "a" }]);
  assert.deepEqual(asked.slice(2), ["GET /v1/feed", "POST /v1/installations", "PUT /v1/installations/i2/topics", "GET /v1/feed"]);
  assert.equal(sent.at(-1)?.headers.get("Authorization"), "Bearer s2");
});

void test("a topic that is followed while the list of topics is on its way stays followed", async () => {
  const empty: Answer = () => new Response(null, { status: 204 });
  const { client, asked, storage, add } = talking(registered);
  await client.installation.start({ platform: "ios" });
  let arrive: () => void = () => undefined;
  add(() => new Promise((done) => (arrive = () => done(json({ topics: [] })))), empty);
  const shown: string[][] = [];
  const listed = client.installation.topics().then((topics) => void shown.push(topics));
  const followed = client.installation.follow("tag:Harbour").then(() => void shown.push(["tag:Harbour"]));
  setTimeout(() => arrive(), 20);
  await Promise.all([listed, followed]);
  assert.deepEqual(shown, [[], ["tag:Harbour"]]);
  assert.deepEqual(asked.slice(1).map((each) => each.split(" ")[0]), ["GET", "PUT"]);
  assert.deepEqual(JSON.parse((await storage.getItem("tagwire.installation")) ?? "").topics, ["tag:Harbour"]);
});

void test("an app that lost its secret follows again what it followed", async () => {
  const { client, start, asked, storage, secrets, add } = talking(registered, () => new Response(null, { status: 204 }));
  await client.installation.start({ platform: "ios", previous_secret: "of-before" });
  await client.installation.follow("breaking");
  assert.ok(!(await storage.getItem("tagwire.installation"))?.includes("of-before"));
  await secrets.removeItem("tagwire.secret");
  add(registered, () => json({ topics: [] }));
  await start().installation.start({ platform: "ios" });
  assert.deepEqual(asked.slice(2), ["POST /v1/installations", "PUT /v1/installations/i1/topics"]);
});

void test("events wait for a network, and leave once", async () => {
  const { client, asked, add } = talking(registered);
  await client.installation.start({ platform: "ios" });
  await client.events.record("received", "ntf_1");
  await client.events.record("opened", "ntf_1");
  await assert.rejects(client.events.flush());
  assert.equal((await client.events.waiting()).length, 2);
  let body = "";
  add(async (request) => {
    body = await request.text();
    return json({ results: [{ status: "counted" }, { status: "refused" }] }, 202);
  });
  await Promise.all([client.events.flush(), client.events.flush()]);
  assert.equal(JSON.parse(body).events[1].at, "2026-03-02T10:00:00Z");
  assert.deepEqual(await client.events.waiting(), []);
  assert.equal(asked.filter((each) => each.endsWith("/events")).length, 5);
});

void test("a deferred link is claimed once, with the same key until it is answered", async () => {
  const { client, sent, asked, add } = talking();
  await assert.rejects(client.links.claim({ install_referrer: "tw_claim=x" }));
  const screen = { name: "tag", params: { tag: "Harbour" } };
  add(() => json({ screen, web_url: "https://news.test/tag/Harbour" }));
  assert.deepEqual(await client.links.claim({ install_referrer: "tw_claim=x" }), screen);
  assert.equal(await client.links.claim({ install_referrer: "tw_claim=x" }), null);
  const keys = new Set(await Promise.all(sent.map(async (each) => (await each.json()).key)));
  assert.equal(keys.size, 1);
  assert.equal(asked.length, 5);
});

void test("an organic install is asked for once", async () => {
  const { client, asked } = talking(() => problem(404, "/problems/no-link"));
  assert.equal(await client.links.claim({ install_referrer: "" }), null);
  assert.equal(await client.links.claim({ install_referrer: "" }), null);
  assert.equal(asked.length, 1);
});

const table: RouteTable = {
  scheme: "news",
  hosts: ["news.test"],
  open_host: "open.news.test",
  excluded: ["/v1/*", "/*.rss"],
  routes: [
    { name: "home", path: "/", params: [], query: [] },
    { name: "tag", path: "/tag/{tag}", params: ["tag"], query: [] },
    { name: "search", path: "/search", params: [], query: ["q"] },
    { name: "short_link", path: "/l/{code}", params: ["code"], query: [] },
  ],
};

void test("an address is a screen or stays on the web", () => {
  const shown = (url: string) => screenOf(table, url);
  assert.deepEqual(shown("https://news.test"), { name: "home", params: {} });
  assert.deepEqual(shown("https://open.news.test/tag/%EB%B6%81?utm_source=x"), { name: "tag", params: { tag: "북" } });
  assert.deepEqual(shown("news://search?q=a+b"), { name: "search", params: { q: "a b" } });
  for (const url of ["https://news.test/tag/x.rss", "https://news.test/tag/x?web=1", "https://evil.test/tag/x", "nonsense"]) {
    assert.equal(shown(url), null);
  }
});

void test("a tap opens its place and is counted; a short link is asked for", async () => {
  const { client, asked, add } = talking(() => json(table));
  const place = await client.links.tapped({ notification_id: "ntf_1", url: "https://news.test/tag/Harbour" });
  assert.deepEqual(place, { screen: { name: "tag", params: { tag: "Harbour" } } });
  assert.equal((await client.events.waiting())[0]?.type, "opened");
  add(() => json({ matched: true, screen: { name: "home", params: {} } }));
  assert.deepEqual(await client.links.open("https://news.test/l/abc"), { screen: { name: "home", params: {} } });
  assert.deepEqual(await client.links.open("https://other.test/"), { web: "https://other.test/" });
  assert.equal(asked.length, 2);
});

void test("what a proxy says is an error, too", async () => {
  const { client } = talking(() => new Response("<html>", { status: 413 }));
  await assert.rejects(known(client.api.GET("/v1/config")), ({ type }) => type === "");
});
