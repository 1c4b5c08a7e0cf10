// The button that follows what a page is about. `installation` is in `worker/installation.js`.
{
  const button = document.querySelector(".tools .follow");
  const status = document.querySelector(".tools [role=status]");
  const why = document.getElementById("why");
  const more = document.getElementById("follow-more");
  const { topic, label } = button.dataset;

  const show = (isFollowed) => {
    button.setAttribute("aria-pressed", String(isFollowed));
    more.hidden = !isFollowed;
  };
  /** While it lasts the button is not for a second tap; what went wrong is told in the reader's language. */
  const attempt = async (act, done) => {
    button.setAttribute("aria-busy", "true");
    status.textContent = "";
    try {
      await act();
      status.textContent = status.dataset[done];
    } catch ({ kind }) {
      status.textContent = status.dataset[kind] ?? status.dataset.failed;
    } finally {
      button.removeAttribute("aria-busy");
    }
  };
  const follow = () =>
    attempt(async () => {
      await installation.follow(await navigator.serviceWorker.ready, topic, label);
      show(true);
    }, "followed");
  const unfollow = () =>
    attempt(async () => {
      await installation.unfollow(topic);
      show(false);
    }, "unfollowed");

  button.addEventListener("click", () => {
    if (button.hasAttribute("aria-busy")) return;
    if (button.getAttribute("aria-pressed") === "true") unfollow();
    else if (Notification.permission === "granted") follow();
    else if (Notification.permission === "denied") status.textContent = status.dataset.denied;
    else {
      why.hidden = false;
      why.querySelector("button").focus();
    }
  });
  const [allow, refuse] = why.querySelectorAll("button");
  const close = () => {
    why.hidden = true;
    button.focus();
  };
  refuse.addEventListener("click", close);
  allow.addEventListener("click", async () => {
    const permission = await Notification.requestPermission(); // first of all: browsers want the tap to be just now
    close();
    if (permission === "granted") await follow();
    if (permission === "denied") status.textContent = status.dataset.denied;
  });

  const start = async () => {
    const kept = await installation.known();
    show(topic in (kept?.topics ?? {}));
    const isDue = kept?.id && installation.isDue(kept) && Notification.permission === "granted";
    if (isDue) await installation.refresh(await navigator.serviceWorker.ready);
  };
  start().catch(() => {}); // a browser that keeps nothing, or without a network
}
