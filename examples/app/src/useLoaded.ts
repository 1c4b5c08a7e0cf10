/** What was kept at once, then what the server says; the kept one stays where there is no network. */
import { useFocusEffect } from "@react-navigation/native";
import { useCallback, useState } from "react";
import { stateAfter, type State } from "./useFeed";

interface Ways<T> {
  kept?: () => Promise<T | null>;
  fresh: () => Promise<T>;
  /** The server has it no more. */
  gone?: () => Promise<void>;
}

/** `ways` must be the same object until something else is to be loaded. */
export function useLoaded<T>(ways: Ways<T>) {
  const [value, setValue] = useState<T | null>(null);
  const [state, setState] = useState<State>("loading");
  const load = useCallback(() => {
    let isLeft = false;
    const ends = (found: T | null, how: State) => {
      if (isLeft) return;
      setValue(found);
      setState(how);
    };
    const run = async () => {
      const kept = (await ways.kept?.()) ?? null;
      if (kept !== null) ends(kept, "loading");
      try {
        ends(await ways.fresh(), "ready");
      } catch (error) {
        const how = stateAfter(error);
        if (how === "gone") await ways.gone?.();
        ends(how === "gone" ? null : kept, how);
      }
    };
    void run();
    return () => void (isLeft = true);
  }, [ways]);
  useFocusEffect(load);
  return { value, state, reload: load };
}
