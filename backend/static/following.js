// What this browser follows, and when it may be alerted. `installation` is in `worker/installation.js`.
{
  const byId = (id) => document.getElementById(id);
  const [status, list, form, stopping] = ["status", "topics", "alert-times", "stopping"].map(byId);
  const model = byId("followed-topic").content.firstElementChild;
  let levels = {};

  const say = (kind) => (status.textContent = status.dataset[kind] ?? status.dataset.failed);
  const attempt = async (act, done) => {
    status.textContent = "";
    try {
      await act();
      if (done) say(done);
    } catch ({ kind }) {
      say(kind);
    }
  };
  /** What is followed stays in sight without a network. */
  const show = (topics) => {
    const isAny = Object.keys(topics).length > 0;
    list.replaceChildren(...Object.entries(topics).map(item));
    byId("none-followed").hidden = isAny;
    form.hidden = stopping.hidden = !isAny;
  };
  const pathOf = (topic) => {
    const [kind, name] = [topic.split(":")[0], topic.slice(topic.indexOf(":") + 1)];
    return kind === "breaking" ? "/" : `/${kind}/${encodeURIComponent(name)}`;
  };
  const item = ([topic, label]) => {
    const made = model.cloneNode(true);
    const [link, words, level, button] = ["a", "bdi", "select", "button"].map((each) => made.querySelector(each));
    const name = topic === "breaking" ? words.dataset.breaking : label;
    link.href = pathOf(topic);
    words.textContent = name;
    button.setAttribute("aria-label", `${button.textContent}: ${name}`);
    level.setAttribute("aria-label", `${level.dataset.label}: ${name}`);
    level.value = levels[topic] ?? "all";
    level.addEventListener("change", () => attempt(() => hear(topic, level.value), "saved"));
    button.addEventListener("click", () => attempt(() => unfollow(topic), "unfollowed"));
    return made;
  };
  const hear = async (topic, level) => {
    ({ levels } = await installation.prefer({ levels: { ...levels, [topic]: level } }));
  };
  const unfollow = async (topic) => {
    const { topics } = await installation.unfollow(topic);
    const { [topic]: _, ...others } = levels;
    levels = others;
    show(topics);
    list.querySelector("a")?.focus();
  };

  const fill = ({ quiet_hours: quiet, breaking_overrides_quiet_hours: overrides, daily_limit: limit }) => {
    const { elements } = form;
    elements.quiet.checked = Boolean(quiet);
    elements.start.value = quiet?.start ?? "22:00";
    elements.end.value = quiet?.end ?? "07:00";
    elements.overrides.checked = overrides;
    elements.limit.value = limit ?? "";
  };
  /** Every source of the site, checked when it is muted; a muted one stays although it is listed no more. */
  const showSources = async ({ muted_sources: muted }) => {
    const answer = await fetch("/v1/sources");
    const listed = answer.ok ? (await answer.json()).sources : [];
    const names = new Map([...muted.map((slug) => [slug, slug]), ...listed.map(({ slug, name }) => [slug, name])]);
    byId("muted").replaceChildren(
      ...[...names].map(([slug, name]) => {
        const [label, box, words] = ["label", "input", "bdi"].map((each) => document.createElement(each));
        Object.assign(box, { type: "checkbox", name: "muted", value: slug, checked: muted.includes(slug) });
        words.textContent = name;
        label.append(box, words);
        return label;
      }),
    );
  };
  const save = (given) =>
    installation.prefer({
      ...(byId("muted").firstChild && { muted_sources: given.getAll("muted") }),
      quiet_hours: given.has("quiet") ? { start: given.get("start"), end: given.get("end") } : null,
      breaking_overrides_quiet_hours: given.has("overrides"),
      daily_limit: given.get("limit") === "" ? null : Number(given.get("limit")),
    });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(() => save(new FormData(form)), "saved");
  });
  stopping.querySelector("button").addEventListener("click", () =>
    attempt(async () => {
      await installation.stop(await navigator.serviceWorker.ready);
      levels = {};
      show({});
    }, "stopped"),
  );

  /** Where this browser is now is told each time: a new key of the server, or a new subscription. */
  const start = async () => {
    const kept = await installation.known();
    show(kept?.topics ?? {});
    if (!kept?.id) return;
    if (Notification.permission === "granted") await installation.refresh(await navigator.serviceWorker.ready);
    const [{ topics }, preferences] = [await installation.topics(), await installation.preferences()];
    ({ levels } = preferences);
    fill(preferences);
    await showSources(preferences);
    show(topics);
    if (Notification.permission !== "granted") say("denied");
  };
  const canBeAlerted = "alerts" in document.documentElement.dataset;
  byId("cannot").hidden = canBeAlerted;
  if (canBeAlerted) attempt(start);
  else show({});
}
