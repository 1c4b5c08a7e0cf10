/** What the app's platform gives: everything that differs between browsers, Node and React Native. */

/** Strings by name. AsyncStorage fits as it is; for the secret give one that the system protects. */
export interface Storage {
  getItem(name: string): Promise<string | null>;
  setItem(name: string, value: string): Promise<void>;
  removeItem(name: string): Promise<void>;
}

/** The data of a push message, however the platform hands it over. */
export type PushData = { readonly [name: string]: unknown };

export interface Platform {
  fetch: (request: Request) => Promise<Response>;
  now: () => Date;
  /** From 0 up to, but not including, 1. */
  random: () => number;
  sleep: (milliseconds: number) => Promise<void>;
}

export const globalPlatform: Platform = {
  fetch: (request) => globalThis.fetch(request),
  now: () => new Date(),
  random: Math.random,
  sleep: (milliseconds) => new Promise((done) => void globalThis.setTimeout(done, milliseconds)),
};

/** Forgets with the process: for tests, and for what need not last. */
export function memoryStorage(): Storage {
  const kept = new Map<string, string>();
  return {
    getItem: async (name) => kept.get(name) ?? null,
    setItem: async (name, value) => void kept.set(name, value),
    removeItem: async (name) => void kept.delete(name),
  };
}

/** What was kept as JSON under a name; null where nothing was, or what nobody can read any more. */
export async function recall<T>(storage: Storage, name: string): Promise<T | null> {
  const text = await storage.getItem(name);
  try {
    return text === null ? null : (JSON.parse(text) as T);
  } catch {
    return null;
  }
}

export async function keep(storage: Storage, name: string, value: unknown): Promise<void> {
  await storage.setItem(name, JSON.stringify(value));
}

/** One after the other, in the order in which they were asked for. */
export class Queue {
  private last: Promise<unknown> = Promise.resolve();

  run<T>(work: () => Promise<T>): Promise<T> {
    const done = this.last.then(work, work);
    this.last = done;
    return done;
  }
}
