// The Sampler's panel without a kernel: GAN.start() gives z -> pictures; the rest is here.
(async () => {
  const ROWS = 8, COLUMNS = 8, SIDE = 28, GAP = 2, FAKE = [0xd5, 0x5e, 0x00];
  const { latent: Z, directions } = GAN.weights, n = ROWS * COLUMNS, cell = SIDE + GAP;
  const $ = (id) => document.getElementById(id);
  const canvas = $("picture"), g = canvas.getContext("2d"), pushes = directions.map((_, k) => $(`push${k + 1}`));
  canvas.width = COLUMNS * cell + GAP;
  canvas.height = ROWS * cell + GAP;
  canvas.style.width = `${2 * canvas.width}px`;

  const cut = () => ($("truncation").value > 30 ? Infinity : $("truncation").value / 10); // 31 is "off"
  const picks = () => ($("picked").value.match(/\d+/g) ?? []).map(Number);

  let base, known; // the latents before any push, and of what they were made
  function inputs() {
    const now = `${$("seed").value} ${cut()}`;
    if (now !== known) base = GAN.truncate(GAN.randn(n * Z, $("seed").valueAsNumber >>> 0), cut());
    known = now;
    const z = base.slice(), moved = picks().length ? picks() : [...Array(n).keys()];
    directions.forEach((way, d) => {
      const push = pushes[d].valueAsNumber;
      if (push) for (const k of moved) for (let i = 0; i < Z; i++) z[k * Z + i] += push * way[i];
    });
    return z;
  }

  const shown = { z: new Float32Array(n * Z).fill(NaN), x: new Float32Array(n * SIDE * SIDE) };
  async function draw() {
    const wrong = picks().find((k) => k >= n);
    if (wrong !== undefined) throw new Error(`there is no image ${wrong}; they are numbered row by row, from 0 to ${n - 1}`);
    const z = inputs(), new_ = [...Array(n).keys()].filter((k) => !same(z, k)), then = performance.now();
    const rows = new Float32Array(new_.length * Z);
    new_.forEach((k, i) => rows.set(z.subarray(k * Z, (k + 1) * Z), i * Z));
    if (new_.length) {
      const made = await GAN.G(rows), P = SIDE * SIDE;
      new_.forEach((k, i) => shown.x.set(made.subarray(i * P, (i + 1) * P), k * P));
      $("message").textContent = `${new_.length} of ${n} pictures made in ${Math.round(performance.now() - then)} ms`;
    }
    shown.z = z;
    paint(picks());
  }
  const same = (z, k) => {
    for (let i = k * Z; i < (k + 1) * Z; i++) if (z[i] !== shown.z[i]) return false;
    return true;
  };

  function paint(framed) {
    const sheet = g.createImageData(canvas.width, canvas.height), pixels = new Uint32Array(sheet.data.buffer).fill(-1);
    shown.x.forEach((v, i) => {
      const k = Math.floor(i / SIDE / SIDE), row = Math.floor(i / SIDE) % SIDE, column = i % SIDE;
      const at = (GAP + Math.floor(k / COLUMNS) * cell + row) * canvas.width + GAP + (k % COLUMNS) * cell + column;
      pixels[at] = (255 << 24) | (Math.round((Math.min(Math.max(v, -1), 1) + 1) * 127.5) * 0x010101);
    });
    g.putImageData(sheet, 0, 0);
    g.strokeStyle = `rgb(${FAKE})`;
    g.lineWidth = GAP;
    for (const k of framed) g.strokeRect((k % COLUMNS) * cell + 1, Math.floor(k / COLUMNS) * cell + 1, cell, cell);
  }

  let busy = false, due = false; // of several changes the last one is drawn
  async function redraw() {
    due = true;
    if (busy) return;
    busy = true;
    for (; due; ) {
      due = false;
      await draw().catch((error) => ($("message").textContent = error.message));
    }
    busy = false;
    shown.count = (shown.count ?? 0) + 1;
  }

  const say = () => {
    $("truncation-value").value = cut() === Infinity ? "off" : `at ${cut()}`;
    pushes.forEach((push, k) => ($(`push${k + 1}-value`).value = push.valueAsNumber.toFixed(2)));
  };
  const start = ["picked", "truncation", ...pushes.map((p) => p.id)].map((id) => [$(id), $(id).defaultValue]);
  $("new").onclick = () => ($("seed").valueAsNumber += 1, redraw());
  $("reset").onclick = () => (start.forEach(([field, value]) => (field.value = value)), say(), redraw());
  document.querySelector("form").oninput = () => (say(), redraw());
  document.querySelector("form").onsubmit = (event) => event.preventDefault();
  canvas.onclick = (event) => {
    const box = canvas.getBoundingClientRect(), part = (at, size, many) => Math.min(Math.floor((at / size) * many), many - 1);
    const row = part(event.clientY - box.top, box.height, ROWS), column = part(event.clientX - box.left, box.width, COLUMNS);
    $("picked").value = row * COLUMNS + column;
    redraw();
  };

  say();
  Object.assign(GAN, { shown, redraw, idle: () => !busy });
  try {
    GAN.G = await GAN.start();
    await redraw();
    GAN.readyAt = performance.now(); // since the page was asked for
  } catch (error) {
    $("message").textContent = `${error.name}: ${error.message}`;
    GAN.failed = String(error.stack ?? error);
  }
})();
