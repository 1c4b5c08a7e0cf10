// May this app alert? A phone asks once, before the first alert could come; later it is a setting.

import { byId, h } from "./dom.js";
import { allowAlerts, refuseAlerts } from "./installation.js";
import { toast } from "./messages.js";
import { phone } from "./store.js";

export const mayAlert = () => Boolean(phone().installation?.address);

/** Ask, unless the reader has answered; resolves when they did. */
export async function askOnce() {
  if (mayAlert() || phone().installation?.answered) return;
  if (await asked()) await allow();
  else refuseAlerts();
}

export async function allow() {
  try {
    await allowAlerts();
  } catch (problem) {
    toast(problem.message);
  }
}

function asked() {
  return new Promise((answer) => {
    const close = (isAllowed) => () => {
      dialog.remove();
      answer(isAllowed);
    };
    const allowed = h("button", { type: "button", class: "primary", onclick: close(true) }, "Allow");
    const dialog = h(
      "div",
      { class: "permission", role: "alertdialog", "aria-modal": "true", "aria-labelledby": "permission", "aria-describedby": "permission-why" },
      h(
        "div",
        {},
        h("strong", { id: "permission" }, "May this app send you notifications?"),
        h("p", { id: "permission-why" }, "Alerts come when there is breaking news about what you follow."),
        h("div", { class: "row" }, h("button", { type: "button", onclick: close(false) }, "Don’t allow"), allowed),
      ),
    );
    byId("phone").append(dialog);
    allowed.focus();
  });
}
