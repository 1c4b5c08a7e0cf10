/** The topics that are followed, one list for all screens. */
import { useSyncExternalStore } from "react";
import { keep, recall } from "./kept";
import { news, registered } from "./news";
import { enable } from "./push";

const KEPT = "app.follows";
const listeners = new Set<() => void>();
let followed: readonly string[] = [];

function show(topics: readonly string[]): void {
  followed = topics;
  for (const listener of listeners) listener();
  void keep(KEPT, topics);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

export function useFollows(): readonly string[] {
  return useSyncExternalStore(subscribe, () => followed);
}

/** What was kept, then what the server says. */
export async function loadFollows(): Promise<void> {
  show((await recall<string[]>(KEPT)) ?? []);
  show(await news.installation.topics());
}

/** Only who follows something is asked for the permission to alert. */
export async function setFollowed(topic: string, isFollowed: boolean): Promise<void> {
  await registered();
  if (isFollowed) await news.installation.follow(topic);
  else await news.installation.unfollow(topic);
  show([...followed.filter((each) => each !== topic), ...(isFollowed ? [topic] : [])]);
  const address = isFollowed ? await enable() : null;
  if (address !== null) await news.installation.address(address);
}

export function forgetFollows(): void {
  show([]);
}
