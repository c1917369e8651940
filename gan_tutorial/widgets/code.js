// A button that asks for a text, and shows and copies it.
function render({ model, el }) {
  const add = (kind, properties) => el.appendChild(Object.assign(document.createElement(kind), properties));
  const button = add("button", { className: "jupyter-button", textContent: "Copy the code of this picture" });
  const note = add("span", { role: "status" }), area = add("textarea", { readOnly: true, ariaLabel: "the code" });
  area.dataset.lmSuppressShortcuts = button.dataset.lmSuppressShortcuts = "true"; // keys are meant for these
  Object.assign(button.style, { width: "auto", marginRight: "8px" });
  Object.assign(area.style, { width: "100%", height: "160px", boxSizing: "border-box", marginTop: "4px" });
  let wanted = false;
  const show = async () => {
    area.value = model.get("text");
    area.hidden = !area.value;
    note.textContent = "";
    if (!wanted || !area.value) return;
    wanted = false;
    area.select();
    try {
      await navigator.clipboard.writeText(area.value);
      note.textContent = "copied";
    } catch {
      note.textContent = "selected: press Ctrl C";
    }
  };
  button.addEventListener("click", () => {
    wanted = true;
    if (model.get("text")) show();
    else send(model, "asked", model.get("asked") + 1);
  });
  model.on("change:text", show);
  show();
  return () => model.off("change:text", show);
}

export default { render };
