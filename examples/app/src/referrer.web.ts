/** A browser has no store between the link and the app: the address that it opened says it. */
const opened = window.location.hash;

export async function referrer(): Promise<string | null> {
  return opened.includes("tw_claim=") ? opened : null;
}
