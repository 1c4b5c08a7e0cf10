/** How a screen fares, where it has anything to say of that. */
import { texts } from "../texts";
import type { State } from "../useFeed";
import { Note } from "./Note";

export function Fare({ state, isEmpty }: { state: State; isEmpty: boolean }) {
  if (state === "ready") return null;
  return <Note>{state === "offline" && isEmpty ? texts.noConnection : texts[state]}</Note>;
}
