// Beside the phone: its calls as they happen, a link to open, and how to send it breaking news.

import { call, onCall } from "./api.js";
import { byId, h } from "./dom.js";
import { openLink } from "./links.js";
import { toast } from "./messages.js";
import { allow, askOnce, mayAlert } from "./permission.js";
import { NAME, onChange, phone } from "./store.js";
import { followed, onTopics } from "./topics.js";

const MOST_CALLS = 200;

let last = null;

export function startTools() {
  onCall(log);
  byId("open-link").addEventListener("submit", (event) => {
    event.preventDefault();
    document.body.classList.remove("tools-open");
    openLink(byId("link-url").value.trim());
  });
  byId("close-tools").addEventListener("click", () => document.body.classList.remove("tools-open"));
  byId("copy").addEventListener("click", copy);
  byId("test-alert").addEventListener("click", testAlert);
  onChange(({ installation }) => (byId("test-alert").disabled = !installation));
  byId("another").search = new URLSearchParams({ phone: Number(NAME) ? Number(NAME) + 1 : 2 });
  onTopics(hint);
  hint(new Set());
  if (phone().installation) followed().then(hint, () => {});
}

async function testAlert() {
  await (phone().installation.answered ? !mayAlert() && allow() : askOnce());
  if (!mayAlert()) return toast("Alerts are not allowed on this phone.");
  try {
    const { id } = phone().installation;
    await call("POST", `/simulator/phones/${encodeURIComponent(id)}/alert`);
    toast("Sent. It arrives as every alert does.");
  } catch (problem) {
    toast(problem.message);
  }
  return undefined;
}

/** The newest on top; a wait that only repeats is counted instead of listed again. */
function log({ method, path, status, took }) {
  const what = `${method} ${path} ${status}`;
  if (method === "GET" && last?.what === what) {
    last.times += 1;
    last.count.textContent = `×${last.times}`;
    return;
  }
  const count = h("span", { class: "times" });
  last = { what, times: 1, count };
  const family = status ? `s${Math.floor(status / 100)}` : "s0";
  const line = h(
    "li",
    {},
    h("span", { class: "method" }, method),
    h("span", { class: "path", title: path }, readable(path)),
    count,
    h("span", { class: "took" }, `${took} ms`),
    h("span", { class: `code ${family}` }, String(status || "failed")),
  );
  byId("calls").prepend(line);
  while (byId("calls").children.length > MOST_CALLS) byId("calls").lastChild.remove();
}

/** Without the installation's long id, the same in every call; the whole path is the title. */
function readable(path) {
  try {
    return decodeURIComponent(path).replace(/^(\/v1\/installations\/)[^/]+/, "$1…");
  } catch {
    return path;
  }
}

function hint(topics) {
  const tag = [...topics].find((topic) => topic.startsWith("tag:"))?.slice(4) || "Storm";
  const article = {
    title: "Bridge closed after storm",
    url: "https://paper.example/$N",
    body_text: "The bridge is closed until further notice.",
    tags: [tag],
    breaking: true,
  };
  byId("curl").textContent = [
    "N=$(date +%s)",
    `curl -X PUT ${byId("curl").dataset.site}/v1/newsroom/articles/paper/$N \\`,
    '  -H "Authorization: Bearer $NEWSROOM_KEY" \\',
    '  -H "Content-Type: application/json" -d @- <<END',
    JSON.stringify(article, null, 1).replace(/\[\s+(.*)\s+\]/, "[$1]"),
    "END",
  ].join("\n");
}

/** Without TLS there is no clipboard: then the command is selected, ready to be copied. */
async function copy() {
  try {
    await navigator.clipboard.writeText(byId("curl").textContent);
    byId("copy").textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(byId("curl"));
    byId("copy").textContent = "Selected";
  }
}
