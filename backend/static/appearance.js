// Colours and text size as they were chosen on this device. In the head, so that nothing is painted in others before.
{
  const page = document.documentElement;
  page.dataset.scripted = "";
  try {
    const { colours, size } = JSON.parse(localStorage.getItem("appearance")) ?? {};
    if (colours) page.dataset.colours = colours;
    if (size) page.dataset.size = size;
  } catch {
    // A browser that keeps nothing shows the page as the device has it.
  }
}
