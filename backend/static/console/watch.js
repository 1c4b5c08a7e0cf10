// An alert as it leaves: numbers, states and reasons of the page follow the server's events.
// Every word is on the page already; this shows and hides, and writes numbers.
(() => {
  const page = document.querySelector("[data-stream]");
  if (!page) return;
  const language = document.documentElement.lang;
  const latin = { numberingSystem: "latn" };
  const write = {
    number: new Intl.NumberFormat(language, latin),
    share: new Intl.NumberFormat(language, { ...latin, style: "percent" }),
    seconds: new Intl.NumberFormat(language, { ...latin, style: "unit", unit: "second", maximumFractionDigits: 1 }),
  };
  const ENDED = ["sent", "expired", "failed", "recalled"];
  const KEPT = 300;
  const ROWS = 8;
  const each = (name, act) => page.querySelectorAll(`[${name}]`).forEach(act);
  const at = (news, path) => path.split(".").reduce((found, name) => found?.[name], news);
  let accepted = null;
  let counted = null;

  function show(news) {
    each("data-value", (spot) => {
      const kind = spot.dataset.as ?? "number";
      const value = at(news, spot.dataset.value) ?? (kind === "number" ? 0 : null);
      const said = value === null ? "–" : write[kind].format(value);
      if (spot.textContent !== said) spot.textContent = said;
    });
    each("data-any", (spot) => { spot.hidden = !at(news, spot.dataset.any); });
    each("data-is", (spot) => { spot.hidden = at(news, spot.dataset.is) !== spot.dataset.equals; });
    each("data-paused", (spot) => {
      spot.hidden = !news.pauses.some((pause) => pause.reason === spot.dataset.paused);
    });
    accepted = news.counts.accepted;
    if (news.state !== page.dataset.stateNow) enter(news.state);
  }

  // What can be done differs by state: the server says it, unless somebody is about to do something.
  function enter(state) {
    const had = page.dataset.stateNow;
    page.dataset.stateNow = state;
    each("data-state", (spot) => { spot.hidden = spot.dataset.state !== state; });
    const waited = ["awaiting_approval", "sent_back", "scheduled"].includes(had);
    const acts = document.getElementById("acts");
    if (acts.contains(document.activeElement) || acts.querySelector("details[open]")) return;
    if (waited) location.reload();
    else refresh(acts);
  }

  async function refresh(acts) {
    const answer = await fetch(location.pathname);
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("acts");
    if (answer.ok && fresh) acts.replaceWith(fresh);
  }

  function chart(spot) {
    const style = getComputedStyle(document.documentElement);
    const colour = (name) => style.getPropertyValue(name).trim();
    const axis = { stroke: colour("--quiet"), grid: { stroke: colour("--line") } };
    const size = () => ({ width: Math.max(160, spot.clientWidth), height: 224 });
    const plot = new uPlot({
      ...size(),
      legend: { show: false },
      cursor: { show: false },
      scales: { x: { time: false }, y: { range: (_, __, most) => [0, Math.max(1, most * 1.1)] } },
      axes: [{ ...axis, incrs: [1, 2, 5, 10, 30, 60] }, { ...axis, size: 64, values: (_, marks) => marks.map((mark) => write.number.format(mark)) }],
      series: [{}, { stroke: colour("--accent"), width: 2, points: { show: false } }],
    }, [[], []], spot);
    new ResizeObserver(() => plot.setSize(size())).observe(spot);
    return plot;
  }

  const pace = page.querySelector("[data-pace]");
  const paces = [];
  let plot = null;

  function tick() {
    if (accepted === null) return;
    if (counted !== null) paces.push(Math.max(0, accepted - counted));
    counted = accepted;
    if (!pace || !paces.length) return;
    pace.hidden = false;
    plot ??= chart(page.querySelector("[data-plot]"));
    const shown = paces.slice(-KEPT);
    plot.setData([shown.map((_, place) => place - shown.length + 1), shown]);
    const rows = paces.slice(-ROWS).reverse().map((value, ago) => {
      const row = document.createElement("tr");
      for (const said of [ago, value]) {
        const cell = document.createElement("td");
        cell.textContent = write.number.format(said);
        row.append(cell);
      }
      row.lastChild.className = "number";
      return row;
    });
    page.querySelector("[data-pace-rows]").replaceChildren(...rows);
  }

  const clock = setInterval(tick, 1000);
  const stream = new EventSource(page.dataset.stream);
  stream.onmessage = (event) => {
    show(JSON.parse(event.data));
    if (!ENDED.includes(page.dataset.stateNow)) return;
    stream.close();
    clearInterval(clock);
    tick();
  };
  // A browser asks again by itself, unless the server says that it need not or may not.
  stream.onerror = () => {
    if (stream.readyState !== EventSource.CLOSED) return;
    clearInterval(clock);
    page.querySelector("[data-lost]").hidden = false;
  };
})();
