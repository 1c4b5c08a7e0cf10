// The phone: puts its screens together and starts. Read this file first.

import { startDemo } from "./simulator/demo.js";
import { defineDiscover } from "./simulator/discover.js";
import { byId } from "./simulator/dom.js";
import { defineInbox } from "./simulator/inbox.js";
import { start } from "./simulator/nav.js";
import { startPush } from "./simulator/push.js";
import { defineReading } from "./simulator/reading.js";
import { defineSettings } from "./simulator/settings.js";
import { onChange } from "./simulator/store.js";
import { startTools } from "./simulator/tools.js";

const MINUTE_MS = 60_000;
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });

defineReading();
defineDiscover();
defineInbox();
defineSettings();
onChange(({ theme, installation }) => {
  document.documentElement.dataset.theme = theme;
  byId("phone").dataset.platform = installation?.platform || "ios";
});
startTools();
startPush();
startDemo();
start();
tick();

function tick() {
  const now = new Date();
  byId("clock").textContent = clock.format(now);
  setTimeout(tick, MINUTE_MS - (now.getTime() % MINUTE_MS));
}
