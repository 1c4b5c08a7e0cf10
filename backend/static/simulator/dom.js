// Elements, and how times and languages are shown.

const SVG = "http://www.w3.org/2000/svg";
const RIGHT_TO_LEFT = new Set(["ar", "arc", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"]);
const STEPS = [
  ["year", 31536000],
  ["month", 2592000],
  ["week", 604800],
  ["day", 86400],
  ["hour", 3600],
  ["minute", 60],
];
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const absolute = new Intl.DateTimeFormat("en", { dateStyle: "long", timeStyle: "short" });

export const byId = (id) => document.getElementById(id);

/** An element; `on…` are listeners, true is an attribute without a value, null is left out. */
export function h(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (value === true) element.setAttribute(key, "");
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(key, value);
  }
  element.append(...children.flat().filter((child) => child || child === 0));
  return element;
}

export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#i-${name}`);
  svg.setAttribute("aria-hidden", "true");
  svg.append(use);
  return svg;
}

export function directionOf(language) {
  return RIGHT_TO_LEFT.has((language || "").toLowerCase().split("-")[0]) ? "rtl" : "ltr";
}

/** `2 days ago`, for people; the exact time is in the element too. */
export function timeElement(instant) {
  const then = new Date(instant);
  return h("time", { datetime: instant, title: absolute.format(then) }, ago(then, new Date()));
}

export function ago(then, now) {
  const seconds = (then - now) / 1000;
  const step = STEPS.find(([, size]) => Math.abs(seconds) >= size);
  return step ? relative.format(Math.round(seconds / step[1]), step[0]) : "just now";
}

/** What an `img` of this page may load: the policy refuses the rest, and says so in the console. */
export function usablePicture(address) {
  try {
    const url = new URL(address, location.href);
    return url.protocol === "https:" || url.origin === location.origin ? url.href : null;
  } catch {
    return null;
  }
}

/** A picture that leaves no hole when its publisher took it away. */
export function picture(image, attributes = {}) {
  const source = image && usablePicture(image.url);
  if (!source) return null;
  return h("img", {
    src: source,
    alt: image.alt || "",
    loading: "lazy",
    decoding: "async",
    referrerpolicy: "no-referrer",
    onerror: (event) => event.target.remove(),
    ...attributes,
  });
}
