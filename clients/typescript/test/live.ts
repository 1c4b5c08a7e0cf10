/** Lists that an app keeps while a newsroom works and the network comes and goes: URL KEY SEED. */
import assert from "node:assert/strict";
import { memoryStorage, pagesOf, tagList, tagwire, type Feed, type List } from "../src/index.js";

const [, , baseUrl = "", key = "", seed = "1"] = process.argv;
const ROUNDS = 40;
// Tags of its own, because others use this server, too.
const TAGS = [`Quay${seed}`, `Mill${seed}`] as const;
const [QUAY, MILL] = TAGS;

let state = Number(seed);
function chance(): number {
  state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
  return state / 2 ** 31;
}
function oneOf<T>(all: readonly T[]): T {
  return all[Math.floor(chance() * all.length)] as T;
}

// The newsroom: what stands in each article, by its id there.
const living: string[] = [];
let count = 0;

async function edit(method: string, externalId: string, body?: object): Promise<void> {
  const headers = { Authorization: `Bearer ${key}`, "Content-Type": "application/json" };
  const answer = await fetch(`${baseUrl}/v1/newsroom/articles/herald/${externalId}`, {
    method,
    headers,
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  assert.ok(answer.ok, await answer.text());
}

function someTags(): string[] {
  return TAGS.filter(() => chance() < 0.7);
}

async function publish(hoursAgo: number, tags: readonly string[] = someTags()): Promise<void> {
  const id = `live-${seed}-${count++}`;
  await edit("PUT", id, {
    title: `Title ${count}`,
    url: `https://herald.example/${id}`,
    body_text: `Nothing more is known of ${id}.`,
    tags,
    published_at: new Date(Date.now() - hoursAgo * 3_600_000).toISOString(),
  });
  living.push(id);
}

async function happen(): Promise<void> {
  const what = chance();
  const id = oneOf(living);
  if (what < 0.45 || id === undefined) await publish(0);
  else if (what < 0.6) await publish(Math.ceil(chance() * 30));
  else if (what < 0.75) await edit("PATCH", id, { title: `Edited ${count++}` });
  else if (what < 0.88) await edit("PATCH", id, { tags: someTags() });
  else {
    await edit("DELETE", id);
    living.splice(living.indexOf(id), 1);
  }
}

// The phone.
let lost = 0;
const [storage, secrets] = [memoryStorage(), memoryStorage()];
const sizes = { limit: 3, batch: 4, mostCalls: 4 };

function start() {
  const platform = {
    fetch: async (request: Request) => {
      if (chance() < lost) throw new TypeError("no network");
      return fetch(request);
    },
    sleep: async () => undefined,
  };
  const app = tagwire({ baseUrl, storage, secrets, with: platform, retrying: { tries: 2 } });
  const lists = [tagList(app.api, QUAY), app.installation.home()];
  return { app, kept: lists.map((list) => ({ list, feed: app.feed<{ id: string }>(list, sizes) })) };
}

function told(articles: readonly { id: string; title?: string; matched?: string[] }[]): unknown[] {
  return articles.map(({ id, title, matched }) => ({ id, title, matched }));
}

async function check(feed: Feed<{ id: string }>, list: List<{ id: string }>): Promise<void> {
  const walked: { id: string }[] = [];
  for await (const page of pagesOf((query) => list.page({ ...query, limit: 100 }))) walked.push(...page.articles);
  assert.deepEqual(told(feed.articles), told(walked.slice(0, feed.articles.length)));
  assert.ok(!feed.isWhole || feed.articles.length === walked.length, "the end is missing");
}

await publish(0, TAGS);
let phone = start();
await phone.app.installation.start({ platform: "android" });
await phone.app.installation.follow(`tag:${QUAY}`);
let checks = 0;
for (let round = 0; round < ROUNDS; round++) {
  for (let number = Math.floor(chance() * 6); number > 0; number--) await happen();
  if (chance() < 0.1) await phone.app.installation.follow(`tag:${MILL}`);
  if (chance() < 0.1) await phone.app.installation.unfollow(`tag:${MILL}`);
  if (chance() < 0.15) {
    phone = start();
    for (const { feed } of phone.kept) await feed.restore();
  }
  for (const { feed, list } of phone.kept) {
    if (chance() < 0.3) continue; // this screen is not looked at
    lost = chance() < 0.3 ? 0.6 : 0;
    const isTold = await feed.refresh().then(() => true, () => false);
    lost = 0;
    if (isTold) await check(feed, list);
    if (isTold) checks++;
    if (chance() < 0.4) await feed.older();
  }
}
for (const { feed, list } of phone.kept) {
  await feed.refresh();
  while (!feed.isWhole) await feed.older();
  await check(feed, list);
}
console.log(`${count} articles, ${checks} checks`);
