// The eraser's easel. A frame holds grey pictures of SIDE x SIDE bytes: what is seen, the repair, the original, the starts.
const INK = "#222";
const WIDTH = 720, HEIGHT = 384, LARGE = 224, SMALL = 84;
const TOP = 24, BELOW = TOP + LARGE + 30; // of the three large pictures, and of the row of starts
const ZOOM = LARGE / SIDE;
const SEEN = [0, TOP / HEIGHT, LARGE / WIDTH, LARGE / HEIGHT]; // the part of the canvas to rub out

const small = document.createElement("canvas");
small.width = small.height = SIDE;

function picture(g, frame, number, x, y, size) {
  const pen = small.getContext("2d"), image = pen.createImageData(SIDE, SIDE);
  const pixels = new Uint32Array(image.data.buffer);
  pixels.forEach((_, k) => (pixels[k] = (255 << 24) | (frame[number * SIDE * SIDE + k] * 0x010101)));
  pen.putImageData(image, 0, 0);
  g.imageSmoothingEnabled = false;
  g.drawImage(small, x, y, size, size);
}

function text(g, words, x, y) {
  g.font = '13px system-ui, "DejaVu Sans", sans-serif';
  Object.assign(g, { fillStyle: INK, textAlign: "left" });
  g.fillText(words, x, y);
}

// The brush's circle around a place (right, down) in [0, 1]
function circle(g, [right, down], width) {
  g.beginPath(), g.arc(right * LARGE, TOP + down * LARGE, (width / 2) * ZOOM, 0, 7);
}

function dab(g, at, width) {
  g.fillStyle = HIDDEN;
  circle(g, at, width), g.fill();
}

// Where the keys will rub out
function aim(g, at, width) {
  for (const [strokeStyle, lineWidth] of [["white", 4], [INK, 2]]) {
    Object.assign(g, { strokeStyle, lineWidth });
    circle(g, at, width), g.stroke();
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
  g.fillStyle = HIDDEN;
  seen.forEach((is, k) => is || g.fillRect((k % SIDE) * ZOOM, TOP + Math.floor(k / SIDE) * ZOOM, ZOOM, ZOOM));
  const starts = frame.length / SIDE / SIDE - 3, step = (WIDTH - SMALL) / (starts - 1);
  text(g, `the repair of each of ${starts} starts, the one nearest to what is seen first`, 0, BELOW - 8);
  for (let k = 0; k < starts; k++) picture(g, frame, 3 + k, k * step, BELOW, SMALL);
}

function render({ model, el }) {
  const [canvas, later, stop] = easel(el, WIDTH, HEIGHT, (g) => {
    const [column, row] = pen.at.map((place) => Math.round(SIDE * place)), brush = model.get("brush");
    canvas.setAttribute("aria-label", pen.aims() ? `at column ${column}, row ${row}; arrow keys move, space rubs out`
      : "a picture to rub out, its repair, and the original");
    const frame = bytes(model.get("frame"));
    if (!frame.length) return;
    paint(g, frame, bytes(model.get("seen")), model.get("caption"));
    pen.points.forEach((point) => dab(g, point, brush));
    if (pen.aims()) aim(g, pen.at, brush);
    answer(model);
  });
  const pen = drawing(model, canvas, SEEN, SIDE, later);
  canvas.style.cursor = "crosshair";
  canvas.tabIndex = 0;
  model.on("change:number change:brush", later);
  later();
  return () => {
    stop();
    model.off("change:number change:brush", later);
  };
}

export default { render };
