// What was sent lately to the topics of this phone.

import { get, own } from "./api.js";
import { bylineOf } from "./cards.js";
import { h, icon, timeElement } from "./dom.js";
import { loading, note, problemCard } from "./messages.js";
import { define, replace } from "./nav.js";
import { openNotification } from "./push.js";
import { phone } from "./store.js";

export function defineInbox() {
  define("inbox", inbox);
}

function inbox() {
  const element = h("div", { class: "inbox" });
  const read = async () => {
    if (!phone().installation) return replace({ name: "welcome" });
    if (!element.childElementCount) element.append(loading());
    try {
      const { notifications } = await get(own("/notifications"));
      const empty = [note("Alerts about the topics you follow are kept here.")];
      element.replaceChildren(...(notifications.length ? [listOf(notifications)] : empty));
    } catch (problem) {
      element.replaceChildren(problemCard(problem, read));
    }
    return undefined;
  };
  const refresh = h("button", { type: "button", class: "icon", "aria-label": "Refresh", onclick: read }, icon("refresh"));
  return { title: "Inbox", element, actions: [refresh], onShow: read };
}

function listOf(notifications) {
  return h("ul", { class: "entries" }, notifications.map((one) => h("li", {}, entry(one))));
}

function entry({ id, title, body, url, urgency, created_at: createdAt }) {
  return h(
    "button",
    { type: "button", class: `entry ${urgency}`, onclick: () => openNotification({ id, url }) },
    h("strong", { dir: "auto" }, title),
    body && h("span", { class: "summary", dir: "auto" }, body),
    bylineOf(urgency === "breaking" && h("span", { class: "kicker breaking" }, "Breaking"), timeElement(createdAt)),
  );
}
