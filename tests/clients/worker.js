// Runs the service worker of a guide with its messages, and says what it does.
import { readFileSync } from "node:fs";
import { runInNewContext } from "node:vm";

const listeners = {};
const say = (...words) => Promise.resolve(console.log(...words));
const self = {
  addEventListener: (name, listener) => (listeners[name] = listener),
  registration: { showNotification: (title, { tag }) => say("show", title, tag) },
  clients: { openWindow: (url) => say("open", url) },
};
const waitUntil = (done) => done;

runInNewContext(readFileSync("worker.js", "utf8"), { self, confirmAddress: (nonce) => say("confirm", nonce) });
const messages = JSON.parse(readFileSync("messages.json", "utf8"));
for (const message of messages) listeners.push({ data: { json: () => message }, waitUntil });
for (const action of ["", "1"]) {
  listeners.notificationclick({ notification: { ...messages[0].notification, close: () => {} }, action, waitUntil });
}
