// Reading without a network. `BUILD` is in `/service-worker.js`: `version`, and the `files` that pages are made with.
// The network comes first: what is kept here is shown when it cannot be reached, and never otherwise.

const FILES = `files-${BUILD.version}`;
const PAGES = `pages-${BUILD.version}`;
const SAVED = "saved"; // outlives a new version, because a reader asked for it
const MOST_PAGES = 60;
const OFFLINE = "/offline";
const READ = /^\/(?:$|(?:tag|source|category|article|story)\/)/;
const TAKEN_DOWN = "/taken-down.json";
const WHATEVER = { ignoreVary: true };

addEventListener("install", (event) => {
  skipWaiting();
  event.waitUntil(keepFiles());
});
addEventListener("activate", (event) => event.waitUntil(takeOver()));
addEventListener("fetch", (event) => {
  const answer = answerFor(event, new URL(event.request.url));
  if (answer) event.respondWith(answer);
});

/** Nothing of other sites, of the API, the console or an account: those pass as if this were not here. */
function answerFor(event, url) {
  const { method, mode } = event.request;
  if (url.origin !== location.origin) return null;
  if (method === "POST" && url.pathname === "/language") return changeLanguage(event);
  if (method !== "GET") return null;
  if (BUILD.files.some((file) => file.split("?")[0] === url.pathname)) return file(event, url);
  return mode === "navigate" && READ.test(url.pathname) ? page(event, url) : null;
}

async function keepFiles() {
  const cache = await caches.open(FILES);
  await cache.addAll(BUILD.files);
}

async function takeOver() {
  const wanted = new Set([FILES, PAGES, SAVED]);
  const names = await caches.keys();
  await Promise.all(names.filter((name) => !wanted.has(name)).map((name) => caches.delete(name)));
  await registration.navigationPreload?.enable();
  await clients.claim();
}

/** The pages among the files are in the reader's language. */
async function changeLanguage(event) {
  const answer = await fetch(event.request);
  event.waitUntil(keepFiles());
  return answer;
}

/** Files have their version in the address; where a page of another version wants one, this is near enough. */
async function file({ request, preloadResponse }, url) {
  const cache = await caches.open(FILES);
  const exact = url.search ? await cache.match(request, WHATEVER) : null;
  if (exact) return exact;
  try {
    return (await preloadResponse) ?? (await fetch(request));
  } catch {
    return cache.match(request, { ...WHATEVER, ignoreSearch: true });
  }
}

async function page(event, url) {
  const key = keyOf(url);
  try {
    const answer = (await event.preloadResponse) ?? (await fetch(event.request));
    event.waitUntil(learn(key, answer.clone()));
    return answer;
  } catch {
    return (await caches.match(key, WHATEVER)) ?? caches.match(OFFLINE, WHATEVER);
  }
}

/** Without what a campaign adds to an address. */
function keyOf(url) {
  const cursor = url.searchParams.get("cursor");
  return url.pathname + (cursor ? `?cursor=${encodeURIComponent(cursor)}` : "");
}

async function learn(key, answer) {
  if (answer.status === 404 || answer.status === 410) await forget(key);
  if (isForEveryone(answer)) await keep(key, answer);
  await dropTakenDown();
}

function isForEveryone({ status, type, headers }) {
  const isPage = status === 200 && type === "basic" && headers.get("Content-Type")?.startsWith("text/html");
  return isPage && headers.get("Cache-Control")?.includes("public");
}

/** What was opened last stands last, and the first make room. */
async function keep(key, answer) {
  const saved = await caches.open(SAVED);
  if (await saved.match(key, WHATEVER)) return saved.put(key, answer);
  const pages = await caches.open(PAGES);
  await pages.delete(key, WHATEVER);
  await pages.put(key, answer);
  const keys = await pages.keys();
  return Promise.all(keys.slice(0, -MOST_PAGES).map((each) => pages.delete(each, WHATEVER)));
}

async function forget(key) {
  for (const name of [PAGES, SAVED]) await (await caches.open(name)).delete(key, WHATEVER);
}

let known = null;

/** Every page that names an article which was taken down meanwhile, or is older than what is told of them. */
async function dropTakenDown() {
  const answer = await fetch(TAKEN_DOWN, { cache: "no-cache" }); // mostly a 304
  const told = answer.headers.get("ETag");
  if (!answer.ok || told === known) return;
  const { since, articles } = await answer.json();
  for (const name of [PAGES, SAVED]) await dropFrom(await caches.open(name), Date.parse(since), new Set(articles));
  known = told;
}

async function dropFrom(cache, since, gone) {
  for (const key of await cache.keys()) {
    const answer = await cache.match(key, WHATEVER);
    const isOld = Date.parse(answer.headers.get("Date")) < since;
    const named = (await answer.text()).matchAll(/\/article\/(\w+)/g);
    if (isOld || [...named].some(([, id]) => gone.has(id))) await renew(cache, key);
  }
}

/** As it is now, or not at all. */
async function renew(cache, key) {
  const answer = await fetch(key, { cache: "reload" });
  await (isForEveryone(answer) ? cache.put(key, answer) : cache.delete(key, WHATEVER));
}
