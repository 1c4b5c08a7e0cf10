// What came while a list is being read. It asks once a minute, and not at all while nobody looks at the page.
{
  const EVERY_MS = 60_000;
  const button = document.getElementById("new");
  const shown = new Set([...document.querySelectorAll(".cards [data-id]")].map((card) => card.dataset.id));
  let timer = null;

  /** The list's newest articles above the first one that stands on this page. */
  const count = ({ items }) => {
    const first = items.findIndex(({ id }) => shown.has(id));
    return first < 0 ? items.length : first;
  };
  const ask = async () => {
    // With the validator of the last answer: while nothing is new the answer has no content.
    const answer = await fetch(button.dataset.list, { cache: "no-cache" });
    const number = answer.ok ? count(await answer.json()) : 0;
    button.hidden = number === 0;
    button.firstElementChild.textContent = button.dataset.text.replace("0", number);
  };
  const follow = () => {
    clearInterval(timer);
    if (!document.hidden) timer = setInterval(() => ask().catch(() => {}), EVERY_MS);
  };
  button.addEventListener("click", (event) => {
    event.preventDefault(); // the link may lead to what the browser still keeps of this page
    history.scrollRestoration = "manual";
    location.reload();
  });
  document.addEventListener("visibilitychange", follow);
  follow();
}
