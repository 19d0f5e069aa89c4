// Keys for staff. The page says what they do: a list is [data-items] with links [data-item]; whatever has
// data-key="c" acts on its key, and data-then names the field that gets the focus afterwards; a link with data-go="q"
// is where G and then Q lead. Nothing happens while somebody types in a field, or with Ctrl, Alt or Meta.
let leading = false;

const field = (node) => node.closest("input, textarea, select, [contenteditable]");

function move(step) {
  const items = [...document.querySelectorAll("[data-items] [data-item]")];
  const present = items.findIndex((item) => item === document.activeElement || item.closest("[data-cursor]"));
  const start = present < 0 ? items.findIndex((item) => item.ariaCurrent === "true") : present;
  const target = items[start < 0 ? (step > 0 ? 0 : items.length - 1) : start + step];
  if (!target) return;
  clear();
  target.closest("tr")?.setAttribute("data-cursor", "");
  target.focus();
}

function clear() {
  for (const row of document.querySelectorAll("[data-cursor]")) row.removeAttribute("data-cursor");
}

function act(key) {
  const nodes = document.querySelectorAll(`[data-key="${CSS.escape(key)}"]`);
  const node = [...nodes].find((one) => one.checkVisibility());
  if (!node) return false;
  if (node.matches("input:not([type=radio])")) node.focus();
  else node.click();
  document.getElementById(node.dataset.then)?.focus();
  return true;
}

// A list that was fetched again keeps its focus (by id), and with it the mark of its row.
document.addEventListener("htmx:afterSwap", () => {
  const item = document.activeElement?.closest("[data-items] [data-item]");
  item?.closest("tr")?.setAttribute("data-cursor", "");
});

// The link to the search, where the bar has no room for its field.
if (location.hash === "#queue-q") document.getElementById("queue-q")?.focus();

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.key === "Escape") {
    clear();
    document.activeElement?.blur();
    return;
  }
  if (field(event.target)) return;
  const key = event.key.toLowerCase();
  const led = leading;
  leading = false;
  const place = led && document.querySelector(`[data-go="${CSS.escape(key)}"]`);
  if (place) location.assign(place.href);
  else if (key === "g") leading = true;
  else if (key === "j" || key === "k") move(key === "j" ? 1 : -1);
  else if (key.length !== 1 || !act(key)) return;
  event.preventDefault();
});
