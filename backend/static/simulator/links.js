// Any address to the screen that shows it: the server's route table decides, as in the app.

import { get, withQuery } from "./api.js";
import { navigate } from "./nav.js";
import { toast } from "./messages.js";

export async function openLink(url) {
  try {
    const found = await get(withQuery("/v1/deeplinks/resolve", { url }), { secret: "" });
    if (!found.matched) toast("No screen shows this address; here is the home screen.");
    navigate(found.screen);
    return found.screen;
  } catch (problem) {
    if (problem.status === 400) offerOutside(url, problem);
    else toast(problem.message);
    return null;
  }
}

/** Another site's page opens in the browser, as on a phone; only over the web's own schemes. */
function offerOutside(url, problem) {
  if (/^https?:\/\//i.test(url)) toast(problem.message, { label: "Open in the browser", url });
  else toast(problem.message);
}
