const PAUSE_MS = 2000;
const live = document.getElementById("live");
const news = document.getElementById("news");
const phones = () => document.getElementById("phones");

document.addEventListener("click", async ({ target }) => {
  const raw = target.dataset.copies && document.getElementById(target.dataset.copies);
  if (!raw) return;
  try {
    await navigator.clipboard.writeText(raw.textContent);
    news.textContent = "Copied.";
  } catch {
    // Browsers give no clipboard to pages over plain HTTP from another machine.
    getSelection().selectAllChildren(raw);
    news.textContent = "Selected: copy it with the keyboard.";
  }
});

// Whoever marks or reads something is not interrupted.
const isBusy = () => !live.checked || document.hidden || !getSelection().isCollapsed;

async function look() {
  const answer = await fetch(location.href, { cache: "no-store" });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.getElementById("phones");
  const more = fresh ? fresh.dataset.total - phones().dataset.total : 0;
  if (!more || isBusy()) return;
  const focused = document.activeElement?.id;
  phones().replaceWith(document.adoptNode(fresh));
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  news.textContent = more > 0 ? `${more} new ${more === 1 ? "message" : "messages"}.` : "They were forgotten.";
}

async function go() {
  try {
    if (!isBusy()) await look();
  } catch {
    news.textContent = "No answer. Is it still running?";
  }
  setTimeout(go, PAUSE_MS);
}

setTimeout(go, PAUSE_MS);
