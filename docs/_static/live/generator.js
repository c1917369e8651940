// The shipped generator's forward pass, by hand: z (n * Z numbers) -> pictures (n * S * S numbers in [-1, 1]).
//
// Batch normalisation is in the matrices already (live.py). Every layer is the same thing: an output pixel is a
// bias plus a few products (input pixel) x (matrix). After a ReLU about three numbers of four are 0, so only the
// others are listed and multiplied: a quarter of the work, and the result is the same.
//
// One function that needs nothing around it, since its text is also what the worker runs.
function ganGenerator({ shapes, matrices, scales, biases, latent }) {
  const bytes = (text) => {
    const raw = atob(text), out = new Uint8Array(raw.length);
    for (let i = 0; i < raw.length; i++) out[i] = raw.charCodeAt(i);
    return out.buffer;
  };
  const scale = new Float32Array(bytes(scales)), bias = new Float32Array(bytes(biases));
  const whole = new Int16Array(bytes(matrices));

  // For each output pixel, [input pixel, matrix, input pixel, matrix, ...]
  const first = (pixels) => Array.from({ length: pixels }, (_, p) => [0, p]);
  const doubled = (side) => // a transposed convolution: 4x4, stride 2, padding 1
    Array.from({ length: 4 * side * side }, (_, p) => {
      const x = p % (2 * side), y = (p - x) / (2 * side), list = [];
      for (let v = (y + 1) % 2; v < 4; v += 2)
        for (let u = (x + 1) % 2; u < 4; u += 2) {
          const row = (y + 1 - v) / 2, column = (x + 1 - u) / 2;
          if (Math.min(row, column) >= 0 && Math.max(row, column) < side) list.push(row * side + column, 4 * v + u);
        }
      return list;
    });
  const around = (side) => // a convolution: 3x3, padding 1
    Array.from({ length: side * side }, (_, p) => {
      const x = p % side, y = (p - x) / side, list = [];
      for (let v = 0; v < 3; v++)
        for (let u = 0; u < 3; u++) {
          const row = y + v - 1, column = x + u - 1;
          if (Math.min(row, column) >= 0 && Math.max(row, column) < side) list.push(row * side + column, 3 * v + u);
        }
      return list;
    });

  let at = 0, channel = 0, side = Math.sqrt(shapes[0][0]);
  const layers = shapes.map(([many, cin, cout], k) => {
    const W = new Float32Array(many * cin * cout);
    for (let i = 0; i < W.length; i++) W[i] = whole[at + i] * scale[channel + (i % cout)];
    const b = bias.subarray(channel, channel + cout), last = k === shapes.length - 1;
    const sums = k === 0 ? first(many) : last ? around(side) : doubled(side);
    if (k > 0 && !last) side *= 2;
    at += W.length;
    channel += cout;
    return { W, b, cin, cout, sums: sums.map((list) => Int32Array.from(list)) };
  });
  const most = Math.max(latent, ...layers.map(({ sums, cout }) => sums.length * cout));
  const value = new Float64Array(most), place = new Int32Array(most), start = new Int32Array(most + 1);

  // What is not 0: start[p] is where pixel p's list begins, place says which row of a matrix
  function list(x, cin, cout) {
    let count = 0;
    for (let i = 0; i < x.length; i++) {
      if (i % cin === 0) start[i / cin] = count;
      if (x[i] !== 0) (value[count] = x[i]), (place[count++] = (i % cin) * cout);
    }
    start[x.length / cin] = count;
  }

  function relu({ W, b, cin, cout, sums }, x) { // eight channels at a time
    const y = new Float64Array(sums.length * cout);
    list(x, cin, cout);
    for (let q = 0; q < sums.length; q++)
      for (let o = 0; o < cout; o += 8) {
        let s0 = b[o], s1 = b[o + 1], s2 = b[o + 2], s3 = b[o + 3], s4 = b[o + 4], s5 = b[o + 5], s6 = b[o + 6], s7 = b[o + 7];
        for (let k = 0, pairs = sums[q]; k < pairs.length; k += 2) {
          const matrix = pairs[k + 1] * cin * cout + o, end = start[pairs[k] + 1];
          for (let i = start[pairs[k]]; i < end; i++) {
            const v = value[i], w = matrix + place[i];
            s0 += v * W[w], s1 += v * W[w + 1], s2 += v * W[w + 2], s3 += v * W[w + 3];
            s4 += v * W[w + 4], s5 += v * W[w + 5], s6 += v * W[w + 6], s7 += v * W[w + 7];
          }
        }
        const to = q * cout + o;
        y[to] = s0 > 0 ? s0 : 0, y[to + 1] = s1 > 0 ? s1 : 0, y[to + 2] = s2 > 0 ? s2 : 0, y[to + 3] = s3 > 0 ? s3 : 0;
        y[to + 4] = s4 > 0 ? s4 : 0, y[to + 5] = s5 > 0 ? s5 : 0, y[to + 6] = s6 > 0 ? s6 : 0, y[to + 7] = s7 > 0 ? s7 : 0;
      }
    return y;
  }

  function tanh({ W, b, cin, sums }, x, out) { // the last layer paints one channel
    list(x, cin, 1);
    for (let q = 0; q < sums.length; q++) {
      let s = b[0];
      for (let k = 0, pairs = sums[q]; k < pairs.length; k += 2)
        for (let i = start[pairs[k]]; i < start[pairs[k] + 1]; i++) s += value[i] * W[pairs[k + 1] * cin + place[i]];
      out[q] = Math.tanh(s);
    }
  }

  return (z) => {
    const n = z.length / latent, pixels = side * side, out = new Float32Array(n * pixels);
    for (let k = 0; k < n; k++) {
      let x = z.subarray(k * latent, (k + 1) * latent);
      for (const layer of layers.slice(0, -1)) x = relu(layer, x);
      tanh(layers.at(-1), x, out.subarray(k * pixels, (k + 1) * pixels));
    }
    return out;
  };
}
