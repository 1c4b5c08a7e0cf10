// The keys of the console, and the browser's own time zone as a proposal.
"use strict";

// Single keys disturb whoever speaks to the computer, so that they can be turned off (WCAG 2.1.4).
const OFF = "console-keys-off";
const keys = document.getElementById("keys");

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  if (typing || event.ctrlKey || event.metaKey || event.altKey || localStorage.getItem(OFF)) return;
  if (event.key === "?" && keys) {
    keys.togglePopover();
    return;
  }
  const target = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (!target) return;
  event.preventDefault();
  if (target.matches("input")) target.focus();
  else target.click();
});

// A part that asks by itself takes nothing away that somebody types, whatever it is answered.
document.addEventListener("htmx:beforeSwap", (event) => {
  const { requestConfig, xhr } = event.detail;
  if (requestConfig.elt.hasAttribute("data-unattended") && xhr.status !== 200) event.detail.shouldSwap = false;
});

document.addEventListener("DOMContentLoaded", () => {
  const box = document.getElementById("keys-on");
  if (box) {
    box.checked = !localStorage.getItem(OFF);
    box.addEventListener("change", () => {
      if (box.checked) localStorage.removeItem(OFF);
      else localStorage.setItem(OFF, "1");
    });
  }
  for (const field of document.querySelectorAll("[data-zone]")) {
    field.placeholder = Intl.DateTimeFormat().resolvedOptions().timeZone;
  }
});
