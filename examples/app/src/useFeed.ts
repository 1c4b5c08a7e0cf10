/** A feed of the client as React sees it, and how it fares. */
import { useFocusEffect } from "@react-navigation/native";
import { useCallback, useState, useSyncExternalStore } from "react";
import { Refused, type Feed } from "@tagwire/client";
import { registered } from "./news";

/** Also the name of the text that says it. */
export type State = "loading" | "ready" | "offline" | "gone" | "failed";

export function stateAfter(error: unknown): State {
  if (!(error instanceof Refused)) return "offline";
  return error.status === 404 || error.status === 410 ? "gone" : "failed";
}

export function useFeed<A extends { id: string }>(feed: Feed<A>) {
  const [state, setState] = useState<State>("loading");
  const subscribe = useCallback((changed: () => void) => feed.subscribe(changed), [feed]);
  const articles = useSyncExternalStore(subscribe, () => feed.articles);
  const attempt = useCallback(async (work: () => Promise<unknown>) => {
    try {
      await work();
      setState("ready");
    } catch (error) {
      setState(stateAfter(error));
    }
  }, []);
  const refresh = useCallback(() => {
    setState("loading");
    void attempt(async () => {
      await feed.restore();
      await registered().catch(() => undefined); // public lists need it not
      await feed.refresh();
    });
  }, [attempt, feed]);
  const older = useCallback(() => {
    if (state === "ready" && !feed.isWhole) void attempt(() => feed.older());
  }, [attempt, feed, state]);
  useFocusEffect(refresh);
  return { articles, pinned: feed.pinned, state, refresh, older };
}
