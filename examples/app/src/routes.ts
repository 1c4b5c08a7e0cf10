// Made by `tagwire links generate --lang typescript` from app.toml: change that, not this.

export type Screen =
  | { name: "home"; params: Record<string, never> }
  | { name: "tag"; params: { "tag": string } }
  | { name: "article"; params: { "id": string; "slug"?: string } }
  | { name: "story"; params: { "id": string; "slug"?: string } }
  | { name: "source"; params: { "slug": string } }
  | { name: "category"; params: { "slug": string } }
  | { name: "search"; params: { "q"?: string } }
  | { name: "short_link"; params: { "code": string } };

interface Rule {
  screen: Screen["name"];
  // A piece that begins with a colon is a parameter.
  pieces: readonly string[];
  query: readonly string[];
}

export const SCHEME = "tagwire";
export const HOSTS: readonly string[] = ["127.0.0.1"];
export const NEVER_OPEN: readonly string[] = ["/.well-known/*", "/account/*", "/console/*", "/download", "/healthz", "/metrics", "/readyz", "/robots.txt", "/simulator/*", "/static/*", "/sw.js", "/v1/*", "/*.atom", "/*.ico", "/*.json", "/*.png", "/*.rss", "/*.svg", "/*.webmanifest", "/*.xml"];

// Most specific first.
const MATCHING: readonly Rule[] = [
  { screen: "home", pieces: [], query: [] },
  { screen: "search", pieces: ["search"], query: ["q"] },
  { screen: "tag", pieces: ["tag", ":tag"], query: [] },
  { screen: "article", pieces: ["article", ":id"], query: [] },
  { screen: "story", pieces: ["story", ":id"], query: [] },
  { screen: "source", pieces: ["source", ":slug"], query: [] },
  { screen: "category", pieces: ["category", ":slug"], query: [] },
  { screen: "short_link", pieces: ["l", ":code"], query: [] },
  { screen: "article", pieces: ["article", ":id", ":slug"], query: [] },
  { screen: "story", pieces: ["story", ":id", ":slug"], query: [] },
];

// The first one that has all its parameters is a screen's address.
const WRITING: readonly Rule[] = [
  { screen: "home", pieces: [], query: [] },
  { screen: "tag", pieces: ["tag", ":tag"], query: [] },
  { screen: "article", pieces: ["article", ":id", ":slug"], query: [] },
  { screen: "article", pieces: ["article", ":id"], query: [] },
  { screen: "story", pieces: ["story", ":id", ":slug"], query: [] },
  { screen: "story", pieces: ["story", ":id"], query: [] },
  { screen: "source", pieces: ["source", ":slug"], query: [] },
  { screen: "category", pieces: ["category", ":slug"], query: [] },
  { screen: "search", pieces: ["search"], query: ["q"] },
  { screen: "short_link", pieces: ["l", ":code"], query: [] },
];

/** The `linking` of React Navigation's container. */
export const linking = {
  ...({
  "prefixes": [
    "tagwire://",
    "https://127.0.0.1"
  ],
  "config": {
    "screens": {
      "home": "",
      "tag": "tag/:tag",
      "article": "article/:id/:slug?",
      "story": "story/:id/:slug?",
      "source": "source/:slug",
      "category": "category/:slug",
      "search": "search",
      "short_link": "l/:code"
    }
  }
} as const),
  filter: (url: string): boolean => screenOf(url) !== null,
};

/** The screen of a web address of ours or of one in the app's own scheme; null for any other. */
export function screenOf(url: string): Screen | null {
  const parts = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)([^?#]*)(?:\?([^#]*))?(?:#([^]*))?/i.exec(sent(url));
  if (!parts) return null;
  const [, scheme = "", authority = "", rest = "", query = "", fragment = ""] = parts;
  if (staysOnWeb(query, fragment)) return null;
  if (scheme.toLowerCase() === SCHEME) return screenOfPath("/" + (authority + rest).replace(/^\/+/, ""), query);
  const isWeb = /^https?$/i.test(scheme) && HOSTS.includes(authority.replace(/:\d*$/, "").toLowerCase());
  return isWeb ? screenOfPath(rest || "/", query) : null;
}

/** The screen of a path as it stands in an address, or null. */
export function screenOfPath(path: string, query = ""): Screen | null {
  const trimmed = "/" + path.replace(/^\/+|\/+$/g, "");
  if (NEVER_OPEN.some((pattern) => isUnder(trimmed, pattern))) return null;
  const parts = [...path.replace(/\/+$/, "").matchAll(/\/([^][^/]*)/g)].map((found) => found[1] ?? "");
  const rule = MATCHING.find(
    ({ pieces }) =>
      pieces.length === parts.length &&
      pieces.every((piece, at) => piece.startsWith(":") || piece === parts[at]),
  );
  if (!rule) return null;
  const params: Record<string, string> = {};
  rule.pieces.forEach((piece, at) => {
    if (piece.startsWith(":")) params[piece.slice(1)] = decoded((parts[at] ?? "").replace(/^\/+/, "")).normalize("NFC");
  });
  for (const [name, value] of itemsOf(query)) {
    if (rule.query.includes(name)) params[name] = value;
  }
  return { name: rule.screen, params } as Screen;
}

/** The path of a screen on the web, or null when a parameter is empty. */
export function pathOf(screen: Screen): string | null {
  const params = screen.params as Record<string, string | undefined>;
  const rule = WRITING.find(
    (each) =>
      each.screen === screen.name &&
      each.pieces.every((piece) => !piece.startsWith(":") || params[piece.slice(1)]),
  );
  if (!rule) return null;
  const path = rule.pieces.map((piece) => "/" + (piece.startsWith(":") ? encoded(params[piece.slice(1)] ?? "") : piece));
  const query = rule.query.filter((name) => params[name]).map((name) => name + "=" + quoted(params[name] ?? ""));
  return (path.join("") || "/") + (query.length > 0 ? "?" + query.join("&") : "");
}

function isUnder(path: string, pattern: string): boolean {
  if (pattern.endsWith("/*")) return path === pattern.slice(0, -2) || path.startsWith(pattern.slice(0, -1));
  const [beginning = "", ending] = pattern.split("*");
  return ending === undefined ? path === pattern : path.startsWith(beginning) && path.endsWith(ending);
}

// No browser sends these: they come from text that was copied.
function sent(url: string): string {
  return url.replace(/^[\x00-\x20]+|[\t\n\r]/g, "");
}

// A reader can ask for the web; both platforms' files honour it, too.
function staysOnWeb(query: string, fragment: string): boolean {
  const asked = itemsOf(query).filter(([name]) => name === "web");
  return fragment === "web" || (asked.length > 0 && asked.every(([, value]) => value === "1"));
}

function itemsOf(query: string): [string, string][] {
  return query.split("&").map((item) => {
    const [name = "", ...value] = item.replace(/\+/g, " ").split("=");
    return [decoded(name), decoded(value.join("="))];
  });
}

// An escape that means nothing stays as written: an address never fails.
function decoded(text: string): string {
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (run) =>
    utf8(run.slice(1).split("%").map((hex) => parseInt(hex, 16))),
  );
}

// As every decoder replaces what is no UTF-8; TextDecoder is not there in every engine.
function utf8(bytes: readonly number[]): string {
  let text = "";
  let point = 0;
  let missing = 0;
  let low = 0x80;
  let high = 0xbf;
  for (const byte of bytes) {
    if (missing > 0 && byte >= low && byte <= high) {
      point = (point << 6) | (byte & 0x3f);
      missing -= 1;
      if (missing === 0) text += String.fromCodePoint(point);
      [low, high] = [0x80, 0xbf];
      continue;
    }
    if (missing > 0) text += "\ufffd";
    missing = byte < 0xc2 || byte > 0xf4 ? 0 : byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
    point = byte & (0x3f >> missing);
    low = byte === 0xe0 ? 0xa0 : byte === 0xf0 ? 0x90 : 0x80;
    high = byte === 0xed ? 0x9f : byte === 0xf4 ? 0x8f : 0xbf;
    if (byte < 0x80) text += String.fromCharCode(byte);
    else if (missing === 0) text += "\ufffd";
  }
  return missing > 0 ? text + "\ufffd" : text;
}

function encoded(value: string): string {
  return encodeURIComponent(value.normalize("NFC")).replace(/%(?:24|26|2B|2C|3A|3B|3D|40)/g, decodeURIComponent);
}

function quoted(value: string): string {
  return encodeURIComponent(value).replace(/[!'()*]/g, (found) => "%" + found.charCodeAt(0).toString(16).toUpperCase());
}
