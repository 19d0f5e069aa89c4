// Keeps what somebody types in <form data-draft> until it is sent, so that a reload or an ended session loses nothing.
// It stays in this tab, belongs to one reader, and never holds files or hidden fields. The server names the form that
// took effect (data-sent holds its submission id); signing out, or signing in as somebody else, forgets everything.
const reader = document.documentElement.dataset.reader;
const ALL = "draft:", MINE = `${ALL}${reader}:`;
const TYPED = /^(text|tel|textarea|radio|checkbox|select-one)$/;
const SAYS = { kept: "We kept what you wrote.", files: "Please choose your files again.", button: "Start anew" };

// A browser may refuse storage altogether; then there are no drafts, and forms work as without script.
const storage = (() => { try { return window.sessionStorage; } catch { return null; } })();
const names = (prefix) => Object.keys(storage).filter((name) => name.startsWith(prefix));
const forget = (prefix) => names(prefix).forEach((name) => storage.removeItem(name));
const nameOf = (form) => MINE + new URL(form.getAttribute("action") || "", location.href).pathname;
const fields = (form) => [...form.elements].filter((field) => field.name && TYPED.test(field.type));
const ticked = (field) => field.type === "radio" || field.type === "checkbox";

function save(form) {
  const values = {};
  for (const field of fields(form)) if (!ticked(field) || field.checked) (values[field.name] ??= []).push(field.value);
  const files = [...form.elements].some((field) => field.type === "file" && field.files.length);
  const draft = JSON.stringify({ submission: form.elements.submission?.value, values, files });
  try { storage.setItem(nameOf(form), draft); } catch { storage.removeItem(nameOf(form)); } // No room: rather none than an old one.
}

function put(field, values = []) {
  if (ticked(field)) {
    const before = field.checked;
    field.checked = values.includes(field.value);
    return field.checked !== before;
  }
  const [value] = values;
  const fits = value !== undefined && (field.type !== "select-one" || [...field.options].some((one) => one.value === value));
  if (!fits || field.value === value) return false;
  field.value = value;
  return true;
}

function restore(form) {
  const draft = JSON.parse(storage.getItem(nameOf(form)));
  if (!draft) return;
  const changed = fields(form).filter((field) => put(field, draft.values[field.name]));
  if (!changed.length) return;
  // What hangs on a choice follows it, once htmx listens.
  const chosen = changed.filter((field) => field.type === "select-one");
  addEventListener("load", () => chosen.forEach((field) => field.dispatchEvent(new Event("change", { bubbles: true }))));
  const told = document.createElement("div");
  told.className = "draft-kept";
  told.setAttribute("role", "status");
  const words = document.createElement("span");
  words.textContent = draft.files ? `${SAYS.kept} ${SAYS.files}` : SAYS.kept;
  const button = document.createElement("button");
  Object.assign(button, { type: "button", className: "link-button", textContent: SAYS.button });
  button.addEventListener("click", () => { forget(nameOf(form)); form.reset(); told.remove(); });
  told.append(words, button);
  form.prepend(told);
}

function begin() {
  const forms = [...document.querySelectorAll("form[data-draft]")];
  for (const name of names(ALL)) if (!name.startsWith(MINE)) storage.removeItem(name);
  for (const { dataset } of document.querySelectorAll("[data-sent]"))
    for (const name of names(MINE)) if (JSON.parse(storage.getItem(name)).submission === dataset.sent) storage.removeItem(name);
  for (const form of forms) {
    restore(form);
    for (const kind of ["input", "change", "submit"]) form.addEventListener(kind, () => save(form));
  }
}

if (storage) {
  if (reader) begin();
  document.addEventListener("submit", ({ target }) => { if (target.matches("[data-forget-drafts]")) forget(ALL); });
}
