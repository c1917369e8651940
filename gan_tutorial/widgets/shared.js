// What the modules of several widgets share: base.script puts it in front of each of them.

const bytes = ({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength);

function send(model, name, value) {
  model.set(name, value);
  model.save_changes();
}

// Tell the kernel which picture was drawn last, but not each time: an answer costs JupyterLab more than a small picture
function answer(model) {
  const number = model.get("number");
  if (Math.abs(number - model.get("drawn")) >= model.get("every")) send(model, "drawn", number);
}

// Where the mouse is on a part of an element, [left, top, width, height] as shares of it: (right, down), in it in [0, 1]
function place(event, element, [left, top, width, height] = [0, 0, 1, 1]) {
  const box = element.getBoundingClientRect();
  const right = (event.clientX - box.left) / box.width, down = (event.clientY - box.top) / box.height;
  return [(right - left) / width, (down - top) / height];
}

// A canvas, and a function that has it painted, by paint(g, ratio), with the next frame of the browser
function easel(el, width, height, paint) {
  const canvas = document.createElement("canvas"), g = canvas.getContext("2d");
  Object.assign(canvas.style, { width: `${width}px`, maxWidth: "100%", display: "block", touchAction: "none" });
  canvas.setAttribute("role", "img");
  canvas.dataset.lmSuppressShortcuts = "true"; // or JupyterLab takes the keys for itself
  el.append(canvas);
  let due = 0;
  const draw = () => {
    due = 0;
    const ratio = Math.max(window.devicePixelRatio || 1, 1), size = [width * ratio, height * ratio].map(Math.round);
    if (canvas.width !== size[0]) [canvas.width, canvas.height] = size;
    g.setTransform(ratio, 0, 0, ratio, 0, 0);
    paint(g, ratio);
  };
  const later = () => (due ||= requestAnimationFrame(draw));
  return [canvas, later, () => cancelAnimationFrame(due)];
}

// Drawing with mouse or keys on a part of a canvas, while `allowed()`. A stroke is a list of points (right, down) in
// [0, 1]; the keys move to the corners of `cells` x `cells` squares. `at` is where they are, `points` what the mouse draws.
function drawing(model, canvas, part, cells, later, allowed = () => true) {
  const middle = Math.floor(cells / 2) / cells, pen = { at: [middle, middle], points: [] };
  pen.aims = () => allowed() && document.activeElement === canvas;
  let down = false;
  const add = (event) => {
    const [x, y] = place(event, canvas, part);
    if (Math.min(x, y) < 0 || Math.max(x, y) > 1) return;
    const [u, v] = pen.points.at(-1) ?? [x, y], parts = Math.ceil(64 * Math.hypot(x - u, y - v)) || 1;
    for (let k = 1; k <= parts; k++) pen.points.push([u + (k / parts) * (x - u), v + (k / parts) * (y - v)]);
    later();
  };
  const finish = () => {
    if (pen.points.length) send(model, "stroke", pen.points);
    pen.points = [];
    down = false;
  };
  canvas.addEventListener("pointerdown", (event) => {
    if (!allowed()) return;
    canvas.setPointerCapture(event.pointerId);
    down = true;
    add(event);
  });
  canvas.addEventListener("pointermove", (event) => down && event.getCoalescedEvents().forEach(add));
  canvas.addEventListener("pointerup", finish);
  canvas.addEventListener("pointercancel", finish);
  const ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  canvas.addEventListener("keydown", (event) => {
    const way = ways[event.key];
    if (!allowed() || !(way || event.key === " " || event.key === "Enter")) return;
    event.preventDefault();
    const moved = (step, k) => Math.min(Math.max(Math.round(pen.at[k] * cells) + step, 0), cells) / cells;
    if (way) pen.at = way.map(moved);
    else send(model, "stroke", [pen.at]);
    later();
  });
  canvas.addEventListener("focus", later);
  canvas.addEventListener("blur", later);
  return pen;
}
