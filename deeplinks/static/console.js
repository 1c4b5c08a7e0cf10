// A button that copies a link's address, where the browser allows it.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const field = document.querySelector("[data-copy]");
  const button = document.querySelector("[data-copied]");
  if (!field || !button || !navigator.clipboard) return;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(field.value);
    button.textContent = button.dataset.copied;
  });
});
