/** Which screen an address is, by the table of `/v1/deeplinks/routes`. Asks nobody. */
import type { components } from "./schema.js";

export type RouteTable = components["schemas"]["RouteTable"];
type Rule = RouteTable["routes"][number];
export interface AnyScreen {
  name: string;
  params: Record<string, string | undefined>;
}

/** The screen of an address of the site or of the app's scheme; null for what stays on the web. */
export function screenOf(table: RouteTable, url: string): AnyScreen | null {
  // What no browser sends comes from text that was copied.
  const sent = url.replace(/^[\x00-\x20]+|[\t\n\r]/g, "");
  const parts = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/i.exec(sent);
  if (parts === null) return null;
  const [, scheme = "", authority = "", rest = "", query = "", fragment = ""] = parts;
  const items = itemsOf(query);
  if (staysOnWeb(items, fragment)) return null;
  if (scheme.toLowerCase() === table.scheme) return screenOfPath(table, `/${authority}${rest}`, items);
  const hosts = [...table.hosts, table.open_host];
  const isOurs = /^https?$/i.test(scheme) && hosts.includes(authority.replace(/:\d*$/, "").toLowerCase());
  return isOurs ? screenOfPath(table, rest, items) : null;
}

function screenOfPath(table: RouteTable, path: string, items: [string, string][]): AnyScreen | null {
  const pieces = path.replace(/^\/+|\/+$/g, "").split("/").filter((piece, _, all) => piece !== "" || all.length > 1);
  const trimmed = `/${pieces.join("/")}`;
  if (table.excluded.some((pattern) => isUnder(trimmed, pattern))) return null;
  for (const rule of table.routes) {
    const params = paramsOf(rule, pieces);
    if (params === null) continue;
    for (const [name, value] of items) if (rule.query.includes(name)) params[name] = value;
    return { name: rule.name, params };
  }
  return null;
}

function paramsOf(rule: Rule, pieces: string[]): Record<string, string> | null {
  const wanted = rule.path.split("/").filter((piece) => piece !== "");
  if (wanted.length !== pieces.length) return null;
  const params: Record<string, string> = {};
  for (const [at, want] of wanted.entries()) {
    const piece = pieces[at] ?? "";
    if (!want.startsWith("{")) {
      if (want !== piece) return null;
    } else if (piece === "") return null;
    else params[want.slice(1, -1)] = decoded(piece).normalize("NFC");
  }
  return params;
}

function isUnder(path: string, pattern: string): boolean {
  if (pattern.endsWith("/*")) return path === pattern.slice(0, -2) || path.startsWith(pattern.slice(0, -1));
  const [beginning = "", ending] = pattern.split("*");
  return ending === undefined ? path === pattern : path.startsWith(beginning) && path.endsWith(ending);
}

function staysOnWeb(items: [string, string][], fragment: string): boolean {
  const asked = items.filter(([name]) => name === "web");
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
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (run) => {
    try {
      return decodeURIComponent(run);
    } catch {
      return run;
    }
  });
}
