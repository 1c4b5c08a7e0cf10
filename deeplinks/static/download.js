// An iPad in its usual desktop mode sends a Mac's user agent, so the server shows this page.
// Only the device knows that it has a touch screen: then its store comes first, and the QR
// code, which is for another device, goes.
if (navigator.maxTouchPoints > 1 && /Macintosh/.test(navigator.userAgent)) {
  document.querySelector(".scan")?.remove();
  document.getElementById("play-store")?.remove();
  document.getElementById("app-store")?.focus();
}
