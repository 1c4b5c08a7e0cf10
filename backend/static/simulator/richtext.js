// An article's text: cleaned by the server, and once more here, because an app trusts no markup.

import { usablePicture } from "./dom.js";

const ALLOWED = new Set(
  ("P BR HR H2 H3 H4 H5 H6 UL OL LI DL DT DD BLOCKQUOTE Q CITE EM STRONG B I U S SUB SUP SMALL MARK " +
    "CODE PRE A IMG FIGURE FIGCAPTION ABBR TIME BDI BDO TABLE CAPTION THEAD TBODY TFOOT TR TH TD RUBY RT RP").split(" "),
);
const DROPPED = new Set("SCRIPT STYLE TEMPLATE IFRAME OBJECT SVG MATH FORM NOSCRIPT".split(" "));
const ATTRIBUTES = ["dir", "lang", "title", "alt", "colspan", "rowspan", "datetime", "start"];

/** The text as nodes of this document; `openLink` is called for every link. */
export function richText(markup, openLink) {
  const parsed = new DOMParser().parseFromString(markup, "text/html");
  const fragment = document.createDocumentFragment();
  fragment.append(...copies(parsed.body, openLink));
  return fragment;
}

function copies(parent, openLink) {
  return [...parent.childNodes].flatMap((node) => copy(node, openLink));
}

function copy(node, openLink) {
  if (node.nodeType === Node.TEXT_NODE) return [document.createTextNode(node.data)];
  if (node.nodeType !== Node.ELEMENT_NODE || DROPPED.has(node.nodeName.toUpperCase())) return [];
  const inner = copies(node, openLink);
  if (!ALLOWED.has(node.nodeName)) return inner;
  const element = document.createElement(node.nodeName);
  for (const name of ATTRIBUTES) {
    if (node.hasAttribute(name)) element.setAttribute(name, node.getAttribute(name));
  }
  element.append(...inner);
  if (node.nodeName === "IMG") return pictured(element, node);
  if (node.nodeName === "A") linked(element, node, openLink);
  return [element];
}

function pictured(element, node) {
  const source = usablePicture(node.getAttribute("src") || "");
  if (!source) return [];
  element.loading = "lazy";
  element.referrerPolicy = "no-referrer";
  element.addEventListener("error", () => element.remove());
  element.src = source;
  return [element];
}

function linked(element, node, openLink) {
  const address = node.getAttribute("href") || "";
  if (!/^(https?:|\/)/i.test(address)) return;
  element.href = address;
  element.rel = "noopener noreferrer";
  element.addEventListener("click", (event) => {
    event.preventDefault();
    openLink(element.href);
  });
}
