// The buttons of an article and of a list: share it, save it for later. `device` is in `reader.js`.
{
  const MOST_SAVED = 100;
  const place = document.querySelector(".tools [role=status]");
  const shareButton = document.querySelector(".tools .share");
  const saveButton = document.querySelector(".tools .save");

  const copy = async (url) => {
    try {
      await navigator.clipboard.writeText(url);
      place.textContent = place.dataset.copied;
    } catch {
      place.textContent = url; // no TLS or not allowed: then it can be copied by hand
    }
  };
  shareButton.addEventListener("click", () => {
    const { url, title } = shareButton.dataset;
    // Whoever closes the system's own list did not want to share after all.
    if (navigator.share) navigator.share({ url, title }).catch(() => {});
    else copy(url);
  });

  const others = (path) => (device.read("saved") ?? []).filter((each) => each.path !== path);

  /** The page itself, where the browser keeps pages. The service worker shows it without a network. */
  const keepPage = async (path, isWanted) => {
    const pages = await globalThis.caches?.open("saved");
    await (isWanted ? pages?.add(path) : pages?.delete(path));
  };
  const save = (article, isWanted) => {
    const list = isWanted ? [article, ...others(article.path)] : others(article.path);
    if (!device.keep("saved", list.slice(0, MOST_SAVED))) return;
    saveButton.setAttribute("aria-pressed", String(isWanted));
    keepPage(article.path, isWanted).catch(() => {}); // the list stays, the page is read online
    for (const { path } of list.slice(MOST_SAVED)) keepPage(path, false).catch(() => {});
  };
  if (saveButton) {
    const article = JSON.parse(saveButton.dataset.article);
    const isSaved = (device.read("saved") ?? []).some(({ path }) => path === article.path);
    saveButton.setAttribute("aria-pressed", String(isSaved));
    saveButton.addEventListener("click", () => save(article, saveButton.getAttribute("aria-pressed") !== "true"));
  }
}
