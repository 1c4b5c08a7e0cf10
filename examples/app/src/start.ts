/** What happens once at every start, and what only at the first one. */
import { AppState } from "react-native";
import { loadFollows } from "./follows";
import { news, registered } from "./news";
import { show } from "./pages";
import { referrer } from "./referrer";

/** Without a network the app shows what was kept; it registers as soon as there is one. */
export async function start(): Promise<void> {
  await registered();
  await loadFollows();
  const found = await referrer();
  const screen = found === null ? null : await news.links.claim({ install_referrer: found });
  if (screen !== null) show(screen);
}

/** Events that waited for a network leave whenever the app comes to the front, or goes. */
export function flushEvents(): () => void {
  const flush = () => void news.events.flush().catch(() => undefined);
  const subscription = AppState.addEventListener("change", flush);
  return () => subscription.remove();
}
