// Colours and text size as they were chosen on this device, and what this browser can. In the head, so that nothing is
// painted in others before, and no button comes late.
{
  const page = document.documentElement;
  page.dataset.scripted = "";
  // On an iPhone these are there only for a page of the home screen.
  if (["PushManager", "Notification", "indexedDB"].every((each) => each in window) && navigator.locks) page.dataset.alerts = "";
  try {
    const { colours, size } = JSON.parse(localStorage.getItem("appearance")) ?? {};
    if (colours) page.dataset.colours = colours;
    if (size) page.dataset.size = size;
  } catch {
    // A browser that keeps nothing shows the page as the device has it.
  }
}
