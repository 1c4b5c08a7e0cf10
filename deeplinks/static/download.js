// An iPad in its usual desktop mode sends a Mac's user agent, so the server shows this page.
// Only the device knows that it has a touch screen: then its store comes first, and the QR
// code, which is for another device, goes.
if (navigator.maxTouchPoints > 1 && /Macintosh/.test(navigator.userAgent)) {
  document.querySelector(".scan")?.remove();
  document.getElementById("play-store")?.remove();
  document.getElementById("keep")?.removeAttribute("hidden");
  document.getElementById("app-store")?.focus();
}

// Without a script the link can be copied by hand. Nothing is copied but by the reader's own tap.
const copy = document.getElementById("copy");
const place = document.getElementById("place");
const copied = document.getElementById("copied");
copy?.removeAttribute("hidden");
copy?.addEventListener("click", async () => {
  place.select();
  try {
    await navigator.clipboard.writeText(place.value);
    copied.textContent = copied.dataset.done;
  } catch {
    copied.textContent = copied.dataset.byHand;
  }
});
