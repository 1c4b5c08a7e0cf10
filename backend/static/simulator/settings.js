// The first start, and the settings: alerts, followed topics, appearance, reset.

import { call, get, own } from "./api.js";
import { byId, h } from "./dom.js";
import { row } from "./discover.js";
import { erase, register } from "./installation.js";
import { loading, note, problemCard, toast } from "./messages.js";
import { define, navigate, replace, restart } from "./nav.js";
import { allow, mayAlert } from "./permission.js";
import { keep, phone } from "./store.js";
import { followed } from "./topics.js";

const PLATFORMS = [["ios", "iPhone"], ["android", "Android"], ["web", "Web browser"]];
const THEMES = [["auto", "Automatic"], ["light", "Light"], ["dark", "Dark"]];

export function defineSettings() {
  define("welcome", welcome);
  define("settings", settings);
}

function welcome() {
  const failed = h("div", {});
  const form = h(
    "form",
    { class: "welcome" },
    h("h2", {}, "News about what you follow"),
    h("p", {}, "Choose a phone. It registers with the server, and asks before it shows alerts."),
    choice("platform", "Phone", PLATFORMS, "ios"),
    h("button", { class: "primary wide", type: "submit" }, "Start"),
    failed,
  );
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    form.querySelector("[type=submit]").disabled = true;
    try {
      await register(new FormData(form).get("platform"));
      restart({ name: "discover" });
    } catch (problem) {
      failed.replaceChildren(problemCard(problem));
    } finally {
      form.querySelector("[type=submit]").disabled = false;
    }
  });
  const onShow = () => phone().installation && replace({ name: "home" });
  return { title: document.title.split("·").pop().trim(), element: form, onShow };
}

function settings() {
  const element = h("div", { class: "settings" });
  const read = async () => {
    if (!phone().installation) return replace({ name: "welcome" });
    if (!element.childElementCount) element.append(loading());
    try {
      const [preferences, topics] = await Promise.all([get(own("/preferences")), followed()]);
      element.replaceChildren(alerts(preferences), following(topics), appearance(), device());
    } catch (problem) {
      element.replaceChildren(problemCard(problem, read));
    }
    return undefined;
  };
  return { title: "Settings", element, onShow: read };
}

function alerts({ quiet_hours: quiet, breaking_overrides_quiet_hours: overrides, daily_limit: limit }) {
  const form = h(
    "form",
    { class: "panel", id: "alerts" },
    h("h2", { class: "group" }, "Alerts"),
    !mayAlert() && h("button", { type: "button", class: "wide", onclick: (event) => allowLater(event.target) }, "Allow alerts"),
    field("Quiet hours", { type: "checkbox", name: "quiet", checked: Boolean(quiet), role: "switch" }),
    field("From", { type: "time", name: "start", value: quiet?.start || "22:00", required: true }),
    field("To", { type: "time", name: "end", value: quiet?.end || "07:00", required: true }),
    field("Breaking news all the same", { type: "checkbox", name: "overrides", checked: overrides, role: "switch" }),
    field("At most a day", { type: "number", name: "limit", min: 0, max: 1000, value: limit, placeholder: "No limit" }),
    h("button", { type: "submit", class: "primary wide" }, "Save"),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    save(new FormData(form));
  });
  return form;
}

async function allowLater(button) {
  await allow();
  button.remove();
}

async function save(given) {
  const body = {
    quiet_hours: given.has("quiet") ? { start: given.get("start"), end: given.get("end") } : null,
    breaking_overrides_quiet_hours: given.has("overrides"),
    daily_limit: given.get("limit") === "" ? null : Number(given.get("limit")),
  };
  try {
    await call("PATCH", own("/preferences"), { body });
    toast("Saved.");
  } catch (problem) {
    toast(problem.message);
  }
}

function following(topics) {
  const rows = [...topics].sort().map((topic) => row(topic, labelOf(topic), null, opener(topic)));
  return h(
    "section",
    { class: "panel" },
    h("h2", { class: "group" }, "Following"),
    rows.length ? h("ul", { class: "topics" }, rows) : note("Nothing yet."),
  );
}

function labelOf(topic) {
  const [kind, name] = split(topic);
  return { breaking: "Breaking news", tag: `#${name}` }[kind] || name;
}

function opener(topic) {
  const [kind, name] = split(topic);
  const params = kind === "tag" ? { tag: name } : { slug: name };
  return name ? () => navigate({ name: kind, params }) : null;
}

function split(topic) {
  const at = topic.indexOf(":");
  return at < 0 ? [topic, ""] : [topic.slice(0, at), topic.slice(at + 1)];
}

function appearance() {
  const form = h("form", { class: "panel" }, h("h2", { class: "group" }, "Appearance"), choice("theme", "Colours", THEMES, phone().theme));
  form.addEventListener("change", () => keep({ theme: new FormData(form).get("theme") }));
  return form;
}

function device() {
  const { id, platform } = phone().installation;
  const showTools = () => document.body.classList.add("tools-open");
  return h(
    "section",
    { class: "panel" },
    h("h2", { class: "group" }, "This phone"),
    h("dl", {}, h("dt", {}, "Platform"), h("dd", {}, labels(PLATFORMS)[platform]), h("dt", {}, "Installation"), h("dd", {}, id)),
    h("button", { type: "button", class: "wide narrow-only", onclick: showTools }, "API calls and links"),
    h("button", { type: "button", class: "danger wide", id: "reset", onclick: reset }, "Erase this phone"),
  );
}

async function reset() {
  byId("reset").disabled = true;
  try {
    await erase();
    restart({ name: "welcome" });
  } catch (problem) {
    byId("reset").disabled = false;
    toast(problem.message);
  }
}

function field(label, attributes) {
  return h("label", { class: "field" }, h("span", {}, label), h("input", attributes));
}

function choice(name, legend, options, chosen) {
  const inputs = options.map(([value, label]) =>
    h("label", {}, h("input", { type: "radio", name, value, checked: value === chosen }), h("span", {}, label)),
  );
  return h("fieldset", { class: "choice" }, h("legend", {}, legend), ...inputs);
}

const labels = (options) => Object.fromEntries(options);
