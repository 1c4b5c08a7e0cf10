// Alerts to a browser. `BUILD` is in `/service-worker.js` and has `icon` and `badge`; `installation` is in `installation.js`.

addEventListener("push", (event) => event.waitUntil(receive(event.data?.json() ?? {})));
addEventListener("notificationclick", (event) => event.waitUntil(openAlert(event)));
addEventListener("pushsubscriptionchange", (event) => event.waitUntil(subscribeAnew()));

/** A nonce proves an address, and its reader sees nothing of it. */
async function receive({ data, notification }) {
  if (data?.type === "address_nonce") return quietly(installation.confirm(data.nonce));
  if (!notification) return null;
  const { title, navigate, actions = [], ...shown } = notification;
  const urls = Object.fromEntries(actions.map(({ action, navigate: url }) => [action, url]));
  await registration.showNotification(title, {
    dir: "auto",
    icon: BUILD.icon,
    badge: BUILD.badge,
    ...shown,
    actions: actions.map(({ action, title: words }) => ({ action, title: words })),
    data: { ...shown.data, url: shown.data?.url ?? navigate, urls },
  });
  return quietly(installation.happened("received", shown.data?.notification_id));
}

/** The window that shows it already, or a new one: nobody's page is taken away. */
async function openAlert({ action, notification }) {
  notification.close();
  const { url, urls, notification_id: id } = notification.data;
  const wanted = new URL(urls[action] ?? url, location.origin).href;
  const windows = await clients.matchAll({ type: "window", includeUncontrolled: true });
  const open = windows.find((each) => each.url === wanted);
  await (open ? open.focus() : clients.openWindow(wanted)).catch(() => {}); // a browser's own rules of taps
  return quietly(installation.happened("opened", id));
}

/** Where the permission was taken back there is nothing to tell: the push service says that it is gone. */
async function subscribeAnew() {
  if (await installation.known()) await quietly(installation.refresh(registration));
}

/** What its reader cannot do anything about. */
async function quietly(telling) {
  await telling.catch(() => {});
}
