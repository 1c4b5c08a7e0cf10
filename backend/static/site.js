// A publisher's picture that is gone leaves no hole: its place in the card is given up.
const giveUp = (image) => image.closest(".picture")?.classList.add("missing");

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
