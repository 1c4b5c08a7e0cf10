// This browser as an installation of the API: its secret, its push subscription, what it follows. No account is behind it.
// A script of pages and of the service worker, so it keeps what it knows in IndexedDB and takes one step at a time.
const installation = (() => {
  const DAY_MS = 86_400_000;
  const BASE = "/v1/installations";

  /** `kind` is what a page tells its reader: denied, service, offline or failed. `unknown` is for here alone. */
  class Trouble extends Error {
    constructor(kind) {
      super(kind);
      this.kind = kind;
    }
  }

  const openDatabase = () =>
    new Promise((resolve, reject) => {
      const asking = indexedDB.open("following", 1);
      asking.onupgradeneeded = () => asking.result.createObjectStore("kept");
      asking.onsuccess = () => resolve(asking.result);
      asking.onerror = () => reject(asking.error);
    });
  const within = async (mode, act) => {
    const database = await openDatabase();
    try {
      const transaction = database.transaction("kept", mode);
      const asked = act(transaction.objectStore("kept"));
      await new Promise((resolve, reject) => {
        transaction.oncomplete = resolve;
        transaction.onabort = () => reject(transaction.error);
      });
      return asked.result;
    } finally {
      database.close();
    }
  };
  /** `{id, secret, toldAt, topics: {topic: label}}`, or null where nothing was ever followed. */
  const known = async () => (await within("readonly", (kept) => kept.get("this"))) ?? null;
  const keep = async (value) => {
    await within("readwrite", (kept) => kept.put(value, "this"));
    return value;
  };
  const alone = (act) => navigator.locks.request("following", act);

  const call = async (method, path, { secret, body } = {}) => {
    const headers = { ...(secret && { Authorization: `Bearer ${secret}` }), ...(body && { "Content-Type": "application/json" }) };
    const asked = { method, headers, body: body && JSON.stringify(body), cache: "no-cache" };
    const answer = await fetch(path, asked).catch(() => {
      throw new Trouble("offline");
    });
    if (answer.status === 401) throw new Trouble("unknown");
    if (!answer.ok) throw new Trouble("failed");
    return answer.status === 204 ? null : answer.json().catch(() => null);
  };
  const own = ({ id, secret }, method, path = "", body = undefined) => call(method, `${BASE}/${id}${path}`, { secret, body });
  const labelOf = (topic) => topic.replace(/^tag:/, "#").replace(/^\w+:/, "");
  const topicPath = (topic) => `/topics/${encodeURIComponent(topic)}`;

  const keyOf = ({ options }) =>
    btoa(String.fromCharCode(...new Uint8Array(options.applicationServerKey)))
      .replaceAll("+", "-")
      .replaceAll("/", "_")
      .replaceAll("=", "");
  /** Subscribed with the present key of the server: one of an older key, or that is retired, makes room. */
  const subscribe = async (registration, isRetired) => {
    const { web_push: { public_key: key } } = await call("GET", "/v1/config");
    if (!key) throw new Trouble("failed");
    const present = await registration.pushManager.getSubscription();
    if (present && !isRetired && keyOf(present) === key) return present;
    await present?.unsubscribe();
    try {
      return await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
    } catch ({ name }) {
      throw new Trouble(name === "NotAllowedError" ? "denied" : "service");
    }
  };

  /** How the server has it: `unknown` where it was erased, or never was. */
  const stateOf = async (kept) => {
    if (!kept.id) return "unknown";
    try {
      return (await own(kept, "GET")).address.state;
    } catch (trouble) {
      if (trouble.kind === "unknown") return "unknown";
      throw trouble;
    }
  };
  /** Registers this browser, or tells where it is now. What the server forgot is followed anew. */
  const tell = async (registration) => {
    const kept = (await known()) ?? { topics: {} };
    const state = await stateOf(kept);
    const subscription = await subscribe(registration, state === "retired");
    const place = {
      locale: navigator.language,
      time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
      address: { kind: "webpush", subscription: subscription.toJSON() },
    };
    if (state !== "unknown") {
      await own(kept, "PATCH", "", place);
      return keep({ ...kept, toldAt: Date.now() });
    }
    const { id, secret } = await call("POST", BASE, { body: { platform: "web", ...place } });
    const made = await keep({ ...kept, id, secret, toldAt: Date.now() });
    const topics = Object.keys(kept.topics);
    if (topics.length) await own(made, "PUT", "/topics", { topics });
    return made;
  };

  const follow = async (registration, topic, label) => {
    const kept = await tell(registration);
    await own(kept, "PUT", topicPath(topic));
    return keep({ ...kept, topics: { ...kept.topics, [topic]: label } });
  };
  const unfollow = async (topic) => {
    const kept = await known();
    await own(kept, "DELETE", topicPath(topic));
    const { [topic]: _, ...topics } = kept.topics;
    return keep({ ...kept, topics });
  };
  /** As the server has them, which renames those of tags that were merged; labels are of this browser. */
  const topics = async () => {
    const kept = await known();
    const { topics: followed } = await own(kept, "GET", "/topics");
    const named = Object.fromEntries(followed.map((topic) => [topic, kept.topics[topic] ?? labelOf(topic)]));
    return keep({ ...kept, topics: named });
  };
  /** Erased here only once the server has erased it, or knows of none. */
  const stop = async (registration) => {
    const kept = await known();
    if (kept?.id) {
      await own(kept, "DELETE").catch((trouble) => {
        if (trouble.kind !== "unknown") throw trouble;
      });
    }
    await within("readwrite", (all) => all.clear());
    await (await registration.pushManager.getSubscription())?.unsubscribe();
  };
  const asThis = async (method, path, body) => {
    const kept = await known();
    return kept?.id ? own(kept, method, path, body) : null;
  };

  return {
    known,
    isDue: (kept) => Date.now() - kept.toldAt > DAY_MS,
    refresh: (registration) => alone(() => tell(registration)),
    follow: (registration, topic, label) => alone(() => follow(registration, topic, label)),
    unfollow: (topic) => alone(() => unfollow(topic)),
    topics: () => alone(topics),
    stop: (registration) => alone(() => stop(registration)),
    preferences: () => asThis("GET", "/preferences"),
    prefer: (changed) => asThis("PATCH", "/preferences", changed),
    // After a registration that is under way has its answer.
    confirm: (nonce) => alone(() => asThis("POST", "/address/confirm", { nonce })),
    happened: (type, id) =>
      asThis("POST", "/events", { events: [{ type, notification_id: id, at: new Date().toISOString() }] }),
  };
})();
