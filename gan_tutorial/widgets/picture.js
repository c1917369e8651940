// An image that may be clicked, each of its pixels shown as a square of `zoom`.
function render({ model, el }) {
  const image = document.createElement("img");
  image.draggable = false;
  image.style.maxWidth = "100%";
  const show = () => { // as a data URL: an object URL takes a detour through another process
    const picture = bytes(model.get("value"));
    if (!picture.length) return;
    const coded = () => btoa(picture.reduce((text, byte) => text + String.fromCharCode(byte), ""));
    image.src = "data:image/png;base64," + (picture.toBase64?.() ?? coded()); // browsers before 2025 lack the former
  };
  image.addEventListener("load", () => {
    image.width = model.get("zoom") * image.naturalWidth;
    image.style.imageRendering = model.get("zoom") > 1 ? "pixelated" : "auto";
  });
  if (model.get("clickable")) {
    image.alt = "click to choose a point";
    image.style.cursor = "crosshair";
    const point = (event) => event.buttons && send(model, "point", place(event, image));
    image.addEventListener("pointerdown", point);
    image.addEventListener("pointermove", point);
  }
  const seen = () => answer(model);
  model.on("change:value", show);
  model.on("change:number", seen);
  show();
  seen();
  el.append(image);
  return () => {
    model.off("change:value", show);
    model.off("change:number", seen);
  };
}

export default { render };
