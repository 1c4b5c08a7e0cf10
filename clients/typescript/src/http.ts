/** The typed client of openapi-fetch, with repeats, an ETag cache and problems as errors. */
import createClient, { type Client, type Middleware } from "openapi-fetch";
import type { Platform } from "./platform.js";
import type { components, paths } from "./schema.js";

export type Problem = components["schemas"]["Problem"];
// What is not among these are the partial answers that only `fields=` asks for.
export type Media = "application/json" | "application/problem+json";
export type Api = Client<paths, Media>;

/** An answer that is no success. `type` is what a program looks at. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly type: string,
    detail: string,
  ) {
    super(detail);
    this.name = "Refused";
  }
}

interface Answered<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** The answer itself, or a Refused. */
export async function known<T>(asked: Promise<Answered<T>>): Promise<T> {
  const { data, error, response } = await asked;
  if (response.ok) return data as T;
  // A proxy in between answers with a body of its own.
  const problem = (typeof error === "object" && error !== null ? error : {}) as Partial<Problem>;
  throw new Refused(response.status, problem.type ?? "", problem.detail ?? `status ${response.status}`);
}

export interface Retrying {
  /** How often a call is made at most. */
  tries: number;
  /** The longest wait; when the server asks for a longer one its answer goes to the app. */
  longestWaitMs: number;
}

const PASSING = new Set([408, 429, 500, 502, 503, 504]);
const SAFE = new Set(["GET", "HEAD", "PUT", "DELETE"]);
/** Set by this layer on the POSTs whose repeat is harmless; never sent. */
const REPEATABLE = "X-Repeatable";
export const repeatable = { [REPEATABLE]: "1" };

/** Repeats what failed in passing, and only calls that have the same end when they come twice. */
export function patient(platform: Platform, { tries, longestWaitMs }: Retrying): Platform["fetch"] {
  return async (given) => {
    const request = new Request(given);
    const mayRepeat = SAFE.has(request.method) || request.headers.has(REPEATABLE);
    request.headers.delete(REPEATABLE);
    for (let failures = 1; ; failures++) {
      const isLast = !mayRepeat || failures >= tries;
      const answer = await platform.fetch(request.clone()).catch((error: unknown) => {
        if (isLast || request.signal.aborted) throw error;
        return null;
      });
      if (answer !== null && (isLast || !PASSING.has(answer.status))) return answer;
      const wait = waitBefore(failures, answer, platform);
      if (answer !== null && wait > longestWaitMs) return answer;
      await platform.sleep(Math.min(wait, longestWaitMs));
    }
  };
}

// All phones come back at once after an outage: hence the random part.
function waitBefore(failures: number, answer: Response | null, platform: Platform): number {
  const asked = Number(answer?.headers.get("Retry-After") ?? NaN);
  const base = Number.isFinite(asked) ? asked * 1000 : 500 * 2 ** failures;
  return base + base * 0.5 * platform.random();
}

interface Kept {
  etag: string;
  type: string;
  body: string;
}

/** Sends the ETag of what is kept, and answers it again when the server says 304. */
export function etagCache(most: number): Middleware {
  const kept = new Map<string, Kept>();
  const nameOf = (request: Request) => `${request.headers.get("Authorization") ?? ""} ${request.url}`;
  return {
    onRequest({ request }) {
      const found = request.method === "GET" ? kept.get(nameOf(request)) : undefined;
      if (found) request.headers.set("If-None-Match", found.etag);
      return request;
    },
    async onResponse({ request, response }) {
      const name = nameOf(request);
      const found = kept.get(name);
      if (response.status === 304 && found) {
        return new Response(found.body, { status: 200, headers: { "Content-Type": found.type } });
      }
      const etag = response.headers.get("ETag");
      if (request.method !== "GET" || response.status !== 200 || etag === null) return undefined;
      const type = response.headers.get("Content-Type") ?? "application/json";
      kept.delete(name); // so that it stands last again
      kept.set(name, { etag, type, body: await response.clone().text() });
      for (const oldest of kept.keys()) if (kept.size > most) kept.delete(oldest);
      return undefined;
    },
  };
}

/** Own calls carry the secret; public ones never do, because a shared cache may answer them. */
export function authorization(secret: () => string | null): Middleware {
  return {
    onRequest({ request, schemaPath }) {
      const own = schemaPath.startsWith("/v1/feed") || schemaPath.startsWith("/v1/installations/");
      const value = own ? secret() : null;
      if (value !== null) request.headers.set("Authorization", `Bearer ${value}`);
      return request;
    },
  };
}

export function apiOf(baseUrl: string, fetch: Platform["fetch"], ...middleware: Middleware[]): Api {
  const api = createClient<paths, Media>({ baseUrl, fetch });
  api.use(...middleware);
  return api;
}
