// A publisher's picture that is gone leaves no hole: its place is given up, with its caption or link.
const giveUp = (image) => {
  const around = image.closest(".picture, figure") ?? image.closest("a");
  const isAlone = around?.querySelectorAll("img").length === 1;
  const isAll = around?.matches(".picture, figure") || !around?.textContent.trim();
  (isAlone && isAll ? around : (image.closest("picture") ?? image)).classList.add("missing");
};

document.addEventListener(
  "error",
  (event) => {
    if (event.target instanceof HTMLImageElement) giveUp(event.target);
  },
  true,
);
for (const image of document.images) {
  if (image.complete && image.naturalWidth === 0 && image.currentSrc) giveUp(image);
}

// Times in the reader's zone and order; ages move on in the words that the page came with.
const MINUTE = 60_000;
const UNITS = [["day", 1_440 * MINUTE], ["hour", 60 * MINUTE], ["minute", MINUTE]];
const FRESH_DAYS = 7;
// The page's language as the reader's own country writes it; digits as the server wrote them.
const masthead = document.querySelector(".masthead");
const spoken = masthead?.lang || "en";
const likely = spoken === "en" ? "en-GB" : spoken;
const regional = navigator.languages.find((each) => each.split("-")[0] === spoken) ?? likely;
const own = `${regional.split("-u-")[0]}-u-nu-latn`;
const exactly = new Intl.DateTimeFormat(own, { dateStyle: "full", timeStyle: "short" });
const zone = new Intl.DateTimeFormat(own, { timeZoneName: "short" });
const inWords = new Intl.DateTimeFormat(own, { dateStyle: "long" });
const inDigits = new Intl.DateTimeFormat("en-GB", { day: "2-digit", month: "2-digit", year: "numeric" });
const relative = new Intl.RelativeTimeFormat(`${spoken}-u-nu-latn`);

const exact = (at) => {
  const name = zone.formatToParts(at).find((part) => part.type === "timeZoneName").value;
  return `${exactly.format(at)} ${name}`;
};
const age = (at, isInDigits) => {
  const passed = Math.abs(Date.now() - at);
  const [unit, length] = UNITS.find(([, each]) => passed >= each) ?? [];
  if (!unit) return masthead?.dataset.justNow ?? "";
  const count = Math.floor(passed / length);
  if (unit === "day" && count > FRESH_DAYS) {
    return isInDigits ? inDigits.format(at).replaceAll("/", "-") : inWords.format(at);
  }
  return relative.format(at > Date.now() ? count : -count, unit);
};

const tell = () => {
  for (const time of document.querySelectorAll("time[title], time.exact")) {
    const at = new Date(time.dateTime);
    const words = time.matches(".exact") ? exact(at) : age(at, "digits" in time.dataset);
    if (time.textContent !== words) time.textContent = words;
    if (time.title) time.title = exact(at);
  }
  for (const flag of document.querySelectorAll(".breaking[data-until]")) {
    if (new Date(flag.dataset.until) < Date.now()) flag.remove();
  }
};
tell();
setInterval(tell, MINUTE / 2);
document.addEventListener("visibilitychange", tell);

// What may be meant while a search is written; the form works without.
const WRITTEN = 250;
const field = document.querySelector("#q");
const offered = document.querySelector("#suggestions");
let asking;
let pause;

const suggest = async () => {
  asking?.abort();
  asking = new AbortController();
  const q = field.value.trim();
  if (q.length < 2) return offered.replaceChildren();
  try {
    const address = `/v1/search/suggestions?${new URLSearchParams({ q })}`;
    const answer = await fetch(address, { signal: asking.signal });
    if (!answer.ok) return;
    const { suggestions } = await answer.json();
    offered.replaceChildren(...suggestions.map(({ text }) => new Option("", text)));
  } catch {
    // Given up for what was written since, or without a network.
  }
};
field?.addEventListener("input", () => {
  clearTimeout(pause);
  pause = setTimeout(suggest, WRITTEN);
});

// A player of another site is asked for anything only when its reader wants it.
document.addEventListener("click", (event) => {
  const poster = event.target.closest?.(".embed[data-player] a");
  const isElsewhere = event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;
  if (!poster || isElsewhere) return;
  event.preventDefault();
  const address = new URL(poster.parentElement.dataset.player);
  address.searchParams.set("autoplay", "1");
  const player = document.createElement("iframe");
  player.title = poster.textContent;
  player.allow = "autoplay; fullscreen; picture-in-picture; encrypted-media";
  player.src = address;
  poster.replaceWith(player);
  player.focus();
});
