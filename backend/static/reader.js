// What this device remembers for its reader: how pages look, and what was put away. No server hears of it.
const device = {
  read(name) {
    try {
      return JSON.parse(localStorage.getItem(name));
    } catch {
      return null; // a browser that keeps nothing
    }
  },
  keep(name, value) {
    try {
      localStorage.setItem(name, JSON.stringify(value));
      return true;
    } catch {
      return false; // forbidden, or full
    }
  },
};

// Pages without a network. Only a site with TLS, or this very machine, has a service worker.
navigator.serviceWorker?.register("/service-worker.js").catch(() => {});

// Colours and text size
{
  const form = document.getElementById("appearance");
  const panel = form.closest("details");
  const grounds = [...document.querySelectorAll("meta[name=theme-color]")].map((meta) => [meta, meta.content]);
  const [light, dark] = grounds.map(([, own]) => own);

  const show = (chosen) => {
    Object.assign(document.documentElement.dataset, chosen);
    // What the browser paints around the page.
    for (const [meta, own] of grounds) meta.content = { light, dark }[chosen.colours] ?? own;
  };
  const chosen = device.read("appearance") ?? {};
  for (const input of form.elements) {
    if (input.type === "radio" && chosen[input.name] === input.value) input.checked = true;
  }
  show(chosen);
  form.addEventListener("change", () => {
    const wanted = Object.fromEntries(new FormData(form));
    show(wanted);
    device.keep("appearance", wanted);
  });
  panel.addEventListener("keydown", ({ key }) => {
    if (key !== "Escape") return;
    panel.open = false;
    panel.querySelector("summary").focus();
  });
  document.addEventListener("click", ({ target }) => {
    if (!panel.contains(target)) panel.open = false;
  });
}

// An iPhone has no button that installs a page: its reader is told where to find it, until they have seen enough of that.
{
  const hint = document.getElementById("home-screen");
  // `standalone` is there on iPhones and iPads alone, and of their browsers only Safari names its own version so.
  const isSafari = /Version\/.+ Safari\//.test(navigator.userAgent) && !/EdgiOS/.test(navigator.userAgent);
  const isNeeded = navigator.standalone === false && isSafari && !device.read("home-screen");
  hint.hidden = !isNeeded;
  hint.querySelector("button").addEventListener("click", () => {
    hint.hidden = true;
    device.keep("home-screen", "seen");
  });
}
