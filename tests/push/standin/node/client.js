// firebase-admin for Node against the stand-in; prints what each call gave, as JSON.
// node client.js KEY_FILE CA_FILE PORT, where firebase-admin is installed in the current folder.
const fs = require("fs");
const tls = require("tls");
const { createRequire } = require("module");

const [keyFile, caFile, port] = process.argv.slice(2);
const installed = createRequire(`${process.cwd()}/`);
const { initializeApp, cert } = installed("firebase-admin/app");
const { getMessaging } = installed("firebase-admin/messaging");

// The hosts are constants of the library: every connection of TLS goes to the stand-in.
const connect = tls.connect;
tls.connect = (...given) => {
  const options = given.find((one) => typeof one === "object" && one !== null) ?? {};
  const listener = given.find((one) => typeof one === "function");
  const here = { ...options, host: "127.0.0.1", port: Number(port), path: undefined };
  here.servername = options.servername || undefined;
  here.ca = fs.readFileSync(caFile);
  here.checkServerIdentity = () => undefined;
  return connect(here, listener);
};

const account = JSON.parse(fs.readFileSync(keyFile, "utf8"));
const messaging = getMessaging(initializeApp({ credential: cert(account) }));
const shown = { title: "Bridge closed", body: "Until noon." };

const everything = {
  token: "full",
  notification: { ...shown, imageUrl: "https://i.example/1.jpg" },
  data: { url: "https://x.example" },
  android: {
    ttl: 3600000,
    priority: "high",
    collapseKey: "k",
    notification: {
      channelId: "c",
      color: "#aabbcc",
      vibrateTimingsMillis: [100],
      lightSettings: { color: "#aabbcc", lightOnDurationMillis: 1, lightOffDurationMillis: 2 },
      eventTimestamp: new Date(0),
      priority: "max",
      visibility: "public",
      notificationCount: 3,
      sticky: true,
    },
  },
  apns: {
    headers: { "apns-priority": "10" },
    payload: { aps: { alert: { title: "x", subtitle: "y" }, badge: 1, mutableContent: true } },
    fcmOptions: { analyticsLabel: "label" },
  },
  webpush: {
    notification: { title: "x", actions: [{ action: "a", title: "b" }] },
    fcmOptions: { link: "https://x.example" },
  },
};

const calls = {
  send: () => messaging.send({ token: "one", notification: shown }),
  everything: () => messaging.send(everything),
  topic: () => messaging.send({ topic: "news", notification: shown }),
  condition: () => messaging.send({ condition: "'a' in topics", notification: shown }),
  dryRun: () => messaging.send({ token: "dry", notification: shown }, true),
  reserved: () => messaging.send({ token: "one", data: { gcm: "x" } }),
  each: () =>
    messaging.sendEach(
      ["two", "gone-1", "mismatch-1", "malformed-1", "three"].map((token) => ({ token })),
    ),
  multicast: () =>
    messaging.sendEachForMulticast({ tokens: [...Array(300).keys()].map((n) => `many-${n}`) }),
  subscribe: () => messaging.subscribeToTopic(["one", "two", "gone-1"], "news"),
  unsubscribe: () => messaging.unsubscribeFromTopic(["two"], "news"),
};

const codes = (result) =>
  (result.responses ?? result.errors).map((one) => one.error?.code ?? "").filter(Boolean);

(async () => {
  const results = {};
  for (const [name, call] of Object.entries(calls)) {
    try {
      const result = await call();
      results[name] =
        typeof result === "string"
          ? result
          : [result.successCount, result.failureCount, codes(result)];
    } catch (error) {
      results[name] = error.code ?? String(error);
    }
  }
  process.stdout.write(JSON.stringify(results), () => process.exit(0));
})();
