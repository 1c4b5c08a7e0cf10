/**
 * Alerts in a browser that tries the app: the server's demo mode holds what it would have given to Firebase, and is
 * asked for it again and again, as the phone simulator does. A web app of one's own wants Firebase's web SDK here.
 */
import type { Address } from "@tagwire/client";
import { keep, recall } from "../kept";
import { news, registered, SERVER } from "../news";
import { told, type Heard } from "./heard";

const ADDRESS = "app.address";
const SEEN = "app.seen";
const PAUSE_MS = 5_000;

interface Arrivals {
  messages: { seq: number; message: Parameters<typeof told>[1] }[];
}

export async function enable(): Promise<Address | null> {
  return { kind: "token", value: await address() };
}

export async function listen(heard: Heard): Promise<() => void> {
  const ending = new AbortController();
  void poll(heard, ending.signal);
  return () => ending.abort();
}

async function poll(heard: Heard, signal: AbortSignal): Promise<void> {
  let isTold = false;
  while (!signal.aborted) {
    try {
      if (!isTold) {
        await registered();
        await news.installation.address({ kind: "token", value: await address() });
        isTold = true;
      }
      await next(heard, signal);
    } catch {
      await new Promise((done) => setTimeout(done, PAUSE_MS));
    }
  }
}

/** Waits at the server until something comes. */
async function next(heard: Heard, signal: AbortSignal): Promise<void> {
  const after = (await recall<number>(SEEN)) ?? 0;
  const headers = { Authorization: `Bearer ${await address()}` };
  const answer = await fetch(`${SERVER}/simulator/inbox?after=${after}`, { headers, signal });
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  const { messages } = (await answer.json()) as Arrivals;
  for (const { seq, message } of messages) {
    await keep(SEEN, seq);
    await told(heard, message);
  }
}

async function address(): Promise<string> {
  const kept = await recall<string>(ADDRESS);
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const made = kept ?? `sim-${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
  if (kept === null) await keep(ADDRESS, made);
  return made;
}
