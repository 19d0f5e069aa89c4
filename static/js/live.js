// Keeps what is marked [data-live] fresh: asks for it again every 20 seconds and when somebody comes back to the page,
// never while the page is hidden. Each part names its address (hx-get) and waits for "refresh" (hx-trigger).
const every = 20000;
const shown = new WeakMap();

function refresh() {
  if (document.visibilityState !== "visible") return;
  for (const part of document.querySelectorAll("[data-live]")) htmx.trigger(part, "refresh");
}

function isSelected(part) {
  const selection = getSelection();
  return !selection.isCollapsed && part.contains(selection.anchorNode);
}

// What is no news, what is another page (the way to sign in), and what is just being marked leaves the part alone.
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const { target, xhr, pathInfo, serverResponse } = detail;
  if (!target.matches("[data-live]") || detail.requestConfig.elt !== target) return;
  const asked = new URL(pathInfo.requestPath, location).pathname === new URL(xhr.responseURL).pathname;
  if (!asked || shown.get(target) === serverResponse || isSelected(target)) detail.shouldSwap = false;
  else if (detail.shouldSwap) shown.set(target, serverResponse);
});

// Who asked to see what happened on a case goes on reading there.
document.addEventListener("htmx:afterSwap", ({ target }) => {
  const latest = target.id === "case-timeline" && target.lastElementChild;
  if (!latest) return;
  latest.tabIndex = -1;
  latest.focus();
});

setInterval(refresh, every);
document.addEventListener("visibilitychange", refresh);
addEventListener("focus", refresh);
