// G in workers made from the text of a function, for a page from disk may not load a worker from a file. Where no
// worker may be made it runs in the page itself.
GAN.start = async () => {
  const inPage = () => {
    const G = ganGenerator(GAN.weights);
    return async (z) => (await new Promise(requestAnimationFrame), G(z));
  };
  const run = () => {
    let G;
    onmessage = ({ data }) => {
      if (!G) return (G = ganGenerator(data)), postMessage("ready");
      const x = G(data);
      postMessage(x, [x.buffer]);
    };
  };
  const code = URL.createObjectURL(new Blob([ganGenerator, "\n(", run, ")();"], { type: "text/javascript" }));
  const ask = (worker, message) =>
    new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = reject;
      worker.postMessage(message);
    });
  const cores = Math.max(1, Math.min(4, (navigator.hardwareConcurrency || 2) - 1));
  try {
    const workers = Array.from({ length: cores }, () => new Worker(code));
    await Promise.all(workers.map((worker) => ask(worker, GAN.weights)));
    return async (z) => { // each takes an equal part of the pictures
      const n = z.length / GAN.weights.latent, part = Math.ceil(n / cores) * GAN.weights.latent;
      const parts = workers.map((worker, k) => [worker, z.slice(k * part, (k + 1) * part)]).filter(([, rows]) => rows.length);
      const made = await Promise.all(parts.map(([worker, rows]) => ask(worker, rows)));
      const x = new Float32Array(made.reduce((sum, m) => sum + m.length, 0));
      made.reduce((at, m) => (x.set(m, at), at + m.length), 0);
      return x;
    };
  } catch {
    return inPage();
  }
};
