// The composer keeps a draft for the customer and one for support: what was written for one never goes to the other.
const form = document.getElementById("case-composer");
const modes = [...(form?.querySelectorAll("[name=visibility]") ?? [])];
const body = form?.querySelector("[name=body]");
const files = form?.querySelector("[type=file]");
const nothing = { text: "", files: new DataTransfer().files };
const drafts = {};
let present = modes.find((one) => one.checked)?.value;

for (const mode of modes)
  mode.addEventListener("change", () => {
    drafts[present] = { text: body.value, files: files.files };
    present = mode.value;
    const draft = drafts[present] ?? nothing;
    body.value = draft.text;
    files.files = draft.files;
  });
