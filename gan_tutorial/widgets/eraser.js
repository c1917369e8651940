// The eraser's easel. A frame holds grey pictures of SIDE x SIDE bytes: what is seen, the repair, the original, the starts.
const SIDE = 28, FAKE = "#D55E00", INK = "#222";
const WIDTH = 720, HEIGHT = 384, LARGE = 224, SMALL = 84;
const TOP = 24, BELOW = TOP + LARGE + 30; // of the three large pictures, and of the row of starts
const ZOOM = LARGE / SIDE;

const small = document.createElement("canvas");
small.width = small.height = SIDE;

function picture(g, bytes, number, x, y, size) {
  const pen = small.getContext("2d"), image = pen.createImageData(SIDE, SIDE);
  const pixels = new Uint32Array(image.data.buffer);
  pixels.forEach((_, k) => (pixels[k] = (255 << 24) | (bytes[number * SIDE * SIDE + k] * 0x010101)));
  pen.putImageData(image, 0, 0);
  g.imageSmoothingEnabled = false;
  g.drawImage(small, x, y, size, size);
}

function text(g, words, x, y) {
  g.font = '13px system-ui, "DejaVu Sans", sans-serif';
  Object.assign(g, { fillStyle: INK, textAlign: "left" });
  g.fillText(words, x, y);
}

function dab(g, [x, y], width) {
  g.fillStyle = FAKE;
  g.beginPath(), g.arc(x * ZOOM, TOP + y * ZOOM, (width / 2) * ZOOM, 0, 7), g.fill();
}

// Where the keys will rub out
function aim(g, [x, y], width) {
  for (const [strokeStyle, lineWidth] of [["white", 4], [INK, 2]]) {
    Object.assign(g, { strokeStyle, lineWidth });
    g.beginPath(), g.arc(x * ZOOM, TOP + y * ZOOM, (width / 2) * ZOOM, 0, 7), g.stroke();
  }
}

function paint(g, frame, seen, caption) {
  g.fillStyle = "white";
  g.fillRect(0, 0, WIDTH, HEIGHT);
  const captions = ["what is seen: rub out here", caption, "the original"], gap = (WIDTH - 3 * LARGE) / 2;
  captions.forEach((words, k) => {
    text(g, words, k * (LARGE + gap), TOP - 8);
    picture(g, frame, k, k * (LARGE + gap), TOP, LARGE);
  });
  g.fillStyle = FAKE;
  seen.forEach((is, k) => is || g.fillRect((k % SIDE) * ZOOM, TOP + Math.floor(k / SIDE) * ZOOM, ZOOM, ZOOM));
  const starts = frame.length / SIDE / SIDE - 3, step = (WIDTH - SMALL) / (starts - 1);
  text(g, `the repair of each of ${starts} starts, the one nearest to what is seen first`, 0, BELOW - 8);
  for (let k = 0; k < starts; k++) picture(g, frame, 3 + k, k * step, BELOW, SMALL);
}

const bytes = ({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength);

function render({ model, el }) {
  const canvas = document.createElement("canvas"), g = canvas.getContext("2d");
  Object.assign(canvas.style, { width: `${WIDTH}px`, maxWidth: "100%", display: "block", touchAction: "none", cursor: "crosshair" });
  canvas.setAttribute("role", "img");
  canvas.tabIndex = 0;
  canvas.dataset.lmSuppressShortcuts = "true"; // or JupyterLab takes the keys for itself
  el.append(canvas);
  const at = [SIDE / 2, SIDE / 2]; // where the keys are
  let due = 0, stroke = null;
  const draw = () => {
    due = 0;
    const ratio = Math.max(window.devicePixelRatio || 1, 1);
    if (canvas.width !== Math.round(WIDTH * ratio)) [canvas.width, canvas.height] = [WIDTH * ratio, HEIGHT * ratio].map(Math.round);
    g.setTransform(ratio, 0, 0, ratio, 0, 0);
    const aims = document.activeElement === canvas;
    canvas.setAttribute("aria-label", aims ? `at column ${at[0]}, row ${at[1]}; arrow keys move, space rubs out`
      : "a picture to rub out, its repair, and the original");
    const frame = bytes(model.get("frame"));
    if (!frame.length) return;
    paint(g, frame, bytes(model.get("seen")), model.get("caption"));
    stroke?.forEach((point) => dab(g, point, model.get("brush")));
    if (aims) aim(g, at, model.get("brush"));
  };
  const later = () => (due ||= requestAnimationFrame(draw));
  model.on("change:frame change:seen change:caption change:brush", later);
  later();

  const place = (event) => {
    const box = canvas.getBoundingClientRect(), zoom = WIDTH / box.width / ZOOM;
    const x = (event.clientX - box.left) * zoom, y = (event.clientY - box.top) * zoom - TOP / ZOOM;
    if (Math.min(x, y) < 0 || Math.max(x, y) > SIDE) return;
    const [u, v] = stroke.at(-1) ?? [x, y], parts = Math.ceil(2 * Math.hypot(x - u, y - v)) || 1;
    for (let k = 1; k <= parts; k++) stroke.push([u + (k / parts) * (x - u), v + (k / parts) * (y - v)]);
    later();
  };
  const send = (points) => {
    model.set("stroke", points);
    model.save_changes();
  };
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    stroke = [];
    place(event);
  });
  canvas.addEventListener("pointermove", (event) => stroke && event.getCoalescedEvents().forEach(place));
  const finish = () => {
    if (stroke?.length) send(stroke);
    stroke = null;
  };
  canvas.addEventListener("pointerup", finish);
  canvas.addEventListener("pointercancel", finish);
  const ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  canvas.addEventListener("keydown", (event) => {
    const way = ways[event.key];
    if (!(way || event.key === " " || event.key === "Enter")) return;
    event.preventDefault();
    if (way) way.forEach((step, k) => (at[k] = Math.min(Math.max(at[k] + step, 0), SIDE)));
    else send([[...at]]);
    later();
  });
  canvas.addEventListener("focus", later);
  canvas.addEventListener("blur", later);
  return () => {
    cancelAnimationFrame(due);
    model.off("change:frame change:seen change:caption change:brush", later);
  };
}

export default { render };
