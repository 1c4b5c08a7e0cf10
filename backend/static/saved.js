// The articles that were saved on this device. `device` is in `reader.js`.
{
  const list = document.getElementById("saved");
  const model = document.getElementById("saved-article").content.firstElementChild;

  const keepAll = (articles) => {
    device.keep("saved", articles);
    show(articles);
  };
  const forget = async (path) => {
    keepAll((device.read("saved") ?? []).filter((each) => each.path !== path));
    await (await globalThis.caches?.open("saved"))?.delete(path);
  };
  const item = ({ path, title, source, language, direction }) => {
    const made = model.cloneNode(true);
    const link = made.querySelector("h2 a");
    Object.assign(made.querySelector("article"), { lang: language, dir: direction });
    Object.assign(link, { href: path, textContent: title });
    made.querySelector(".source").textContent = source;
    const button = made.querySelector("button");
    button.setAttribute("aria-label", `${button.textContent}: ${title}`);
    button.addEventListener("click", () => forget(path));
    return made;
  };
  const show = (articles) => {
    list.replaceChildren(...articles.map(item));
    document.getElementById("none-saved").hidden = articles.length > 0;
  };
  /** What was taken down is shown to nobody; without a network nothing is known of it. */
  const dropTakenDown = async () => {
    const { articles: gone } = await (await fetch("/taken-down.json", { cache: "no-cache" })).json();
    const saved = device.read("saved") ?? [];
    const left = saved.filter(({ path }) => !gone.includes(path.split("/")[2]));
    if (left.length === saved.length) return;
    keepAll(left);
    document.getElementById("dropped").hidden = false;
  };
  show(device.read("saved") ?? []);
  dropTakenDown().catch(() => {});
}
