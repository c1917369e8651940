// The playground's stage. A frame is one buffer, whose layout stage.py's Frame.pack states.
// EDGE, SIDE, FAR, SHEET, CURVES, LIMITS, REAL, FAKE, VALUE and COST are stage.py's.
const INK = "#222", PALE = "#8a8a8a";
const WIDTH = 960, HEIGHT = 492;
const PLANE = { x: 34, y: 26, size: 396 }; // the large picture, which the mouse draws on
const BEST = { x: 472, y: 26, size: 184 };
const WARP = { x: 472, y: 264, size: 184 };
const CHARTS = [
  { y: 26, title: "V (solid) and L (dashed), nats", curves: [["value", VALUE], ["cost", COST, [6, 2]]], note: "if D is undecided" },
  { y: 143, title: "JSD of p and q, nats", curves: [["jsd", INK]], note: "floor", range: LIMITS.jsd },
  { y: 260, title: "energy distance of p and q", curves: [["energy", INK]], note: "floor", log: LIMITS.energy },
  { y: 377, title: "modes covered", curves: [["modes", INK]], note: "all" },
].map((chart) => ({ ...chart, x: 726, width: 224, height: 74 }));

// FAKE through white to REAL, as plots.FAKE_TO_REAL, a little pale; 255 is where hardly a sample falls
const [ORANGE, BLUE] = [FAKE, REAL].map((colour) => [1, 3, 5].map((k) => parseInt(colour.slice(k, k + 2), 16)));
const SHADES = [...Array(256).keys()].map((k) => {
  if (k === 255) return [225, 225, 225];
  const end = k < 127 ? ORANGE : BLUE, much = (0.6 * Math.abs(k - 127)) / 127;
  return end.map((c) => 255 + much * (c - 255));
});
const PIXELS = Uint32Array.from(SHADES, ([r, g, b]) => (255 << 24) | (b << 16) | (g << 8) | r);

function unpack(view) {
  const { buffer } = bytes(view).slice(), [round, rate, n] = new Float32Array(buffer, 0, 3);
  const start = 12, maps = start + 4 * (3 * n + SHEET * SHEET);
  const points = new Int16Array(buffer, start, (maps - start) / 2).map(Number);
  const of = (from, many) => ({ many, x: (i) => (points[2 * (from + i)] * FAR) / 32767, y: (i) => (points[2 * (from + i) + 1] * FAR) / 32767 });
  const map = (k) => new Uint8Array(buffer, maps + k * SIDE * SIDE, SIDE * SIDE);
  return { round, rate, real: of(0, n), fake: of(n, n), tips: of(2 * n, n), sheet: of(3 * n, SHEET * SHEET), surface: map(0), best: map(1) };
}

const small = document.createElement("canvas");
small.width = small.height = SIDE;

function heat(g, box, map, smooth) {
  const pen = small.getContext("2d"), image = pen.createImageData(SIDE, SIDE);
  const pixels = new Uint32Array(image.data.buffer);
  for (let i = 0; i < map.length; i++) pixels[i] = PIXELS[map[i]];
  pen.putImageData(image, 0, 0);
  g.imageSmoothingEnabled = smooth;
  g.drawImage(small, box.x, box.y, box.size, box.size);
}

const across = (box, x) => box.x + ((x + EDGE) / (2 * EDGE)) * box.size;
const down = (box, y) => box.y + ((EDGE - y) / (2 * EDGE)) * box.size;

function text(g, words, x, y, { colour = INK, align = "left", size = 12, bold = false, halo = false } = {}) {
  g.font = `${bold ? "600 " : ""}${size}px system-ui, "DejaVu Sans", sans-serif`;
  Object.assign(g, { fillStyle: colour, textAlign: align });
  if (halo) Object.assign(g, { strokeStyle: "white", lineWidth: 3 }), g.strokeText(words, x, y);
  g.fillText(words, x, y);
}

function border(g, box) {
  Object.assign(g, { strokeStyle: PALE, lineWidth: 1 });
  g.strokeRect(box.x, box.y, box.size ?? box.width, box.size ?? box.height);
}

function axes(g, box, ticks) {
  border(g, box);
  for (const tick of ticks) {
    text(g, String(tick).replace("-", "−"), across(box, tick), box.y + box.size + 14, { align: "center", size: 11 });
    text(g, String(tick).replace("-", "−"), box.x - 5, down(box, tick) + 4, { align: "right", size: 11 });
  }
}

function inside(g, box, draw) {
  g.save();
  g.beginPath();
  g.rect(box.x, box.y, box.size ?? box.width, box.size ?? box.height);
  g.clip();
  draw();
  g.restore();
}

function dots(g, box, points, radius) {
  g.fillStyle = REAL;
  g.beginPath();
  for (let i = 0; i < points.many; i++) {
    const x = across(box, points.x(i)), y = down(box, points.y(i));
    g.moveTo(x + radius, y), g.arc(x, y, radius, 0, 7);
  }
  g.fill();
}

function crosses(g, box, points, r) {
  Object.assign(g, { strokeStyle: FAKE, lineWidth: 1.4 });
  g.beginPath();
  for (let i = 0; i < points.many; i++) {
    const x = across(box, points.x(i)), y = down(box, points.y(i));
    g.moveTo(x - r, y - r), g.lineTo(x + r, y + r), g.moveTo(x - r, y + r), g.lineTo(x + r, y - r);
  }
  g.stroke();
}

function arrow(g, x, y, u, v) {
  const long = Math.hypot(u - x, v - y);
  if (long < 1.5) return;
  const a = Math.atan2(v - y, u - x), head = Math.min(5, 0.5 * long);
  g.moveTo(x, y), g.lineTo(u, v);
  g.moveTo(u - head * Math.cos(a - 0.5), v - head * Math.sin(a - 0.5)), g.lineTo(u, v);
  g.lineTo(u - head * Math.cos(a + 0.5), v - head * Math.sin(a + 0.5));
}

function plane(g, frame) {
  inside(g, PLANE, () => {
    heat(g, PLANE, frame.surface, true);
    dots(g, PLANE, frame.real, 2.2);
    Object.assign(g, { strokeStyle: INK, lineWidth: 0.9 });
    g.beginPath();
    const at = (p, i) => [across(PLANE, p.x(i)), down(PLANE, p.y(i))];
    for (let i = 0; i < frame.fake.many; i++) arrow(g, ...at(frame.fake, i), ...at(frame.tips, i));
    g.stroke();
    crosses(g, PLANE, frame.fake, 2.6);
  });
}

// Below the plane: what stands for what
function legend(g, captions) {
  const y = PLANE.y + PLANE.size + 33;
  dots(g, PLANE, { many: 1, x: () => -EDGE + 0.05, y: () => -EDGE - 0.235 }, 3);
  text(g, "real x", PLANE.x + 14, y);
  crosses(g, PLANE, { many: 1, x: () => -EDGE + 0.56, y: () => -EDGE - 0.235 }, 3);
  text(g, "fake G(z)", PLANE.x + 77, y);
  Object.assign(g, { strokeStyle: INK, lineWidth: 0.9 });
  g.beginPath(), arrow(g, PLANE.x + 143, y - 4, PLANE.x + 161, y - 4), g.stroke();
  text(g, "push: a fifth of −∂cost/∂x, at most 0.5", PLANE.x + 167, y);
  const bar = g.createLinearGradient(PLANE.x + 80, 0, PLANE.x + 140, 0);
  for (const k of [0, 127, 254]) bar.addColorStop(k / 254, `rgb(${SHADES[k]})`);
  text(g, "D says: fake", PLANE.x, y + 18);
  g.fillStyle = bar;
  g.fillRect(PLANE.x + 80, y + 9, 60, 10);
  text(g, `real   (${captions.shade})`, PLANE.x + 146, y + 18);
}

function sheet(g, frame, captions) {
  const { sheet } = frame, step = captions.line ? 1 : 2;
  inside(g, WARP, () => {
    g.globalAlpha = 0.35;
    dots(g, WARP, frame.real, 1.3);
    g.globalAlpha = 1;
    Object.assign(g, { strokeStyle: FAKE, lineWidth: 0.8 });
    g.beginPath();
    const run = (first, stride, many) => {
      for (let i = 0; i < many; i++)
        g[i ? "lineTo" : "moveTo"](across(WARP, sheet.x(first + i * stride)), down(WARP, sheet.y(first + i * stride)));
    };
    if (captions.line) run(0, 1, sheet.many);
    else for (let k = 0; k < SHEET; k += step) run(k * SHEET, 1, SHEET), run(k, SHEET, SHEET);
    g.stroke();
  });
}

// The scale of a chart: fixed, or as wide as its curves are, but for a few wild values
function range(box, curves, levels) {
  if (box.log ?? box.range) return box.log ?? box.range;
  if (box.title === "modes covered") return [0, 1.15 * levels[0]];
  const known = curves.flat().filter(Number.isFinite).sort((a, b) => a - b), cut = Math.floor(0.02 * known.length);
  const low = Math.min(known[cut] ?? 0, ...levels) - 0.3, high = Math.max(known[known.length - 1 - cut] ?? 0, ...levels) + 0.3;
  return [low, high];
}

function chart(g, box, rows, captions, end) {
  const levels = box.curves.map(([name]) => captions[name]);
  const curves = box.curves.map(([name]) => rows.map((row) => row[CURVES.indexOf(name)]));
  const [low, high] = range(box, curves, levels), scale = (v) => (box.log ? Math.log(Math.max(v, low)) : v);
  const up = (v) => box.y + box.height * (1 - (scale(v) - scale(low)) / (scale(high) - scale(low)));
  const right = (round) => box.x + (round / Math.max(end, 1)) * box.width;
  text(g, box.title, box.x, box.y - 6, { bold: true });
  inside(g, box, () => {
    curves.forEach((values, k) => {
      Object.assign(g, { strokeStyle: PALE, lineWidth: 1 });
      g.setLineDash([4, 3]), g.beginPath(), g.moveTo(box.x, up(levels[k])), g.lineTo(box.x + box.width, up(levels[k])), g.stroke();
      g.setLineDash(box.curves[k][2] ?? []);
      Object.assign(g, { strokeStyle: box.curves[k][1], lineWidth: 1.5 });
      g.beginPath();
      values.forEach((v, i) => Number.isFinite(v) && g.lineTo(right(rows[i][0]), up(v)));
      g.stroke();
      g.setLineDash([]);
    });
  });
  text(g, box.note, box.x + box.width - 3, up(levels[0]) - 3, { colour: "#555", align: "right", size: 10, halo: true });
  border(g, box);
  const marks = box.log ? [1, 0.01, 0.0001] : box.range ? [0, 0.35, 0.7] : box.title === "modes covered" ? [0, levels[0]] : [low + 0.3, high - 0.3];
  for (const v of marks) {
    const word = box.log || Number.isInteger(v) ? String(v) : v.toFixed(Math.abs(high - low) > 50 ? 0 : 2);
    text(g, word.replace("-", "−"), box.x - 4, Math.min(up(v) + 4, box.y + box.height), { align: "right", size: 10 });
  }
  text(g, "0", box.x, box.y + box.height + 12, { size: 10, align: "center" });
  text(g, `round ${end.toLocaleString("en")}`, box.x + box.width, box.y + box.height + 12, { size: 10, align: "right" });
}

const shown = (captions) => CHARTS.filter((box) => captions[box.curves[0][0]] || box.title !== "modes covered");
const lastRound = (rows) => rows.at(-1)?.[0] ?? 0;

// The curves (records, CURVES) as rows
function table(view) {
  const numbers = new Float32Array(bytes(view).slice().buffer), many = CURVES.length;
  return [...Array(numbers.length / many).keys()].map((k) => numbers.slice(k * many, (k + 1) * many));
}

// What stays until there is another record: the captions, and the charts
function ground(g, rows, captions) {
  g.fillStyle = "white";
  g.fillRect(0, 0, WIDTH, HEIGHT);
  legend(g, captions);
  text(g, "The best answer: p / (p + q)", BEST.x, 16, { bold: true });
  text(g, "q estimated: 4,000 fakes, blurred", BEST.x, BEST.y + BEST.size + 30, { size: 11, colour: "#555" });
  text(g, captions.line ? "G's thread" : "G's sheet", WARP.x, WARP.y - 6, { bold: true });
  text(g, captions.line ? "a line of latents, as G lays it" : "all cells hold equally many fakes", WARP.x, WARP.y + WARP.size + 30, { size: 11, colour: "#555" });
  axes(g, PLANE, [-1.5, -1, -0.5, 0, 0.5, 1, 1.5]);
  for (const box of [BEST, WARP]) axes(g, box, [-1, 0, 1]);
  for (const box of shown(captions)) chart(g, box, rows, captions, lastRound(rows));
}

// What every frame has of its own
function paint(g, frame, rows, captions) {
  const { round, rate } = frame;
  text(g, `Round ${round.toLocaleString("en")}`, PLANE.x, 16, { bold: true, size: 14 });
  if (rate > 0) text(g, `${Math.round(rate)} rounds per second`, PLANE.x + PLANE.size, 16, { align: "right", colour: "#666" });
  plane(g, frame);
  inside(g, BEST, () => heat(g, BEST, frame.best, false));
  sheet(g, frame, captions);
  for (const box of [PLANE, BEST, WARP]) border(g, box);
  if (round >= lastRound(rows)) return;
  Object.assign(g, { strokeStyle: "#bbb", lineWidth: 1 }); // we look back: here
  for (const box of shown(captions)) g.strokeRect(box.x + (round / lastRound(rows)) * box.width, box.y, 0, box.height);
}

function blank(g) {
  g.fillStyle = "white";
  g.fillRect(0, 0, WIDTH, HEIGHT);
  axes(g, PLANE, [-1.5, -1, -0.5, 0, 0.5, 1, 1.5]);
  const middle = [PLANE.x + PLANE.size / 2, PLANE.y + PLANE.size / 2], style = { align: "center", size: 16 };
  text(g, "Draw a distribution here with the mouse,", middle[0], middle[1] - 40, style);
  text(g, "or with the arrow keys and the space bar.", middle[0], middle[1] - 18, style);
}

// What the mouse has drawn, and where the keys will put a point: places (right, down) in [0, 1]
function overlay(g, pen) {
  const x = (i) => EDGE * (2 * pen.points[i][0] - 1), y = (i) => EDGE * (1 - 2 * pen.points[i][1]);
  dots(g, PLANE, { many: pen.points.length, x, y }, 3);
  if (!pen.aims()) return;
  const u = PLANE.x + pen.at[0] * PLANE.size, v = PLANE.y + pen.at[1] * PLANE.size;
  for (const [strokeStyle, lineWidth] of [["white", 5], [INK, 2]]) {
    Object.assign(g, { strokeStyle, lineWidth });
    g.beginPath(), g.moveTo(u - 9, v), g.lineTo(u + 9, v), g.moveTo(u, v - 9), g.lineTo(u, v + 9), g.stroke();
  }
}

function render({ model, el }) {
  const under = document.createElement("canvas"), groundPen = under.getContext("2d");
  let rows = [], stale = true; // whether the ground must be painted
  const [canvas, later, stop] = easel(el, WIDTH, HEIGHT, (g, ratio) => {
    if (under.width !== canvas.width) {
      [under.width, under.height] = [canvas.width, canvas.height];
      groundPen.setTransform(ratio, 0, 0, ratio, 0, 0);
      stale = true;
    }
    const drawsOn = model.get("drawing");
    canvas.style.cursor = drawsOn ? "crosshair" : "default";
    canvas.tabIndex = drawsOn ? 0 : -1;
    const [x, y] = [EDGE * (2 * pen.at[0] - 1), EDGE * (1 - 2 * pen.at[1])];
    const shows = "the plane with both distributions and D's map, the best D, G's sheet, and charts";
    canvas.setAttribute("aria-label", pen.aims() ? `at ${x.toFixed(1)}, ${y.toFixed(1)}; space puts a point` : shows);
    if (drawsOn === "first") return blank(g), overlay(g, pen);
    const frame = model.get("frame"), captions = model.get("captions");
    if (!frame.byteLength) return;
    if (stale) ground(groundPen, (rows = table(model.get("curves"))), captions);
    stale = false;
    g.drawImage(under, 0, 0, under.width / ratio, under.height / ratio); // pixel for pixel
    paint(g, unpack(frame), rows, captions);
    overlay(g, pen);
    answer(model);
  });
  const part = [PLANE.x / WIDTH, PLANE.y / HEIGHT, PLANE.size / WIDTH, PLANE.size / HEIGHT];
  const pen = drawing(model, canvas, part, Math.round(20 * EDGE), later, () => model.get("drawing")); // steps of 0.1
  const renew = () => (stale = true) && later();
  model.on("change:number change:drawing", later);
  model.on("change:curves change:captions", renew);
  later();
  return () => {
    stop();
    model.off("change:number change:drawing", later);
    model.off("change:curves change:captions", renew);
  };
}

export default { render };
