/** What both architectures are made of. Rows are positions; everything is f32 between the layers. */

/** x / √(mean x² + ε) · weight, row by row; of a LayerNorm (without bias) the mean is taken off first. */
export function normalise(x, weight, { centred, epsilon = 1e-5 }) {
  const width = weight.length;
  const out = new Float32Array(x.length);
  for (let at = 0; at < x.length; at += width) {
    let mean = 0;
    let squares = 0;
    if (centred) {
      for (let j = 0; j < width; j++) mean += x[at + j];
      mean /= width;
    }
    for (let j = 0; j < width; j++) squares += (x[at + j] - mean) ** 2;
    const scale = 1 / Math.sqrt(squares / width + epsilon);
    for (let j = 0; j < width; j++) out[at + j] = (x[at + j] - mean) * scale * weight[j];
  }
  return out;
}

export function add(target, source) {
  for (let i = 0; i < target.length; i++) target[i] += source[i];
}

/** Columns [first, first + count) of rows of `width`, rows [from, to). */
function slice(x, width, from, to, first, count) {
  const out = new Float32Array((to - from) * count);
  for (let i = from; i < to; i++) out.set(x.subarray(i * width + first, i * width + first + count), (i - from) * count);
  return out;
}

function transposed(x, rows, columns) {
  const out = new Float32Array(x.length);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) out[j * rows + i] = x[i * columns + j];
  return out;
}

/**
 * Causal attention in windows of `length` positions. q, k and v are { data, width, first }: rows of `width` values with
 * the heads from column `first` on, `size` values each; `groups` query heads share one of k and v.
 */
export function attention(products, q, k, v, { length, heads, size, groups }) {
  const windows = q.data.length / q.width / length;
  const out = new Float32Array(windows * length * heads * size);
  const cut = ({ data, width, first }, window, head) =>
    slice(data, width, window * length, (window + 1) * length, first + head * size, size);
  const place = (data, rows, columns) => products.place(data, rows, columns);
  for (let window = 0; window < windows; window++) {
    for (let head = 0; head < heads; head++) {
      const shared = Math.floor(head / groups);
      const marked = products.exports.mark();
      const keys = place(cut(k, window, shared), length, size);
      const values = place(transposed(cut(v, window, shared), length, size), size, length);
      const weights = new Float32Array(length * length);
      products.rows(cut(q, window, head), keys, (row, i) =>
        softmax(row, i + 1, 1 / Math.sqrt(size), weights, i * length),
      );
      products.rows(weights, values, (row, i) => out.set(row, ((window * length + i) * heads + head) * size));
      products.exports.release(marked);
    }
  }
  return out;
}

/** Softmax of the first `count` values times `scale`. */
function softmax(values, count, scale, out, at) {
  let largest = -Infinity;
  let sum = 0;
  for (let j = 0; j < count; j++) largest = Math.max(largest, values[j]);
  for (let j = 0; j < count; j++) sum += out[at + j] = Math.exp((values[j] - largest) * scale);
  for (let j = 0; j < count; j++) out[at + j] /= sum;
}

/** −log of the probability that a row of logits gives `target`. */
export function lossOf(logits, target) {
  let largest = -Infinity;
  let sum = 0;
  for (let j = 0; j < logits.length; j++) largest = Math.max(largest, logits[j]);
  for (let j = 0; j < logits.length; j++) sum += Math.exp(logits[j] - largest);
  return Math.log(sum) + largest - logits[target];
}

/** Error function, absolute error below 1.5e-7: Abramowitz & Stegun 1964, 7.1.26. */
function erf(x) {
  const t = 1 / (1 + 0.3275911 * Math.abs(x));
  const series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return Math.sign(x) * (1 - series * Math.exp(-x * x));
}

/** x Φ(x), in place. */
export function gelu(x) {
  for (let i = 0; i < x.length; i++) x[i] = 0.5 * x[i] * (1 + erf(x[i] * Math.SQRT1_2));
  return x;
}

/** gate · sigmoid(gate) · up, in `gate`. */
export function gated(gate, up) {
  for (let i = 0; i < gate.length; i++) gate[i] = (gate[i] / (1 + Math.exp(-gate[i]))) * up[i];
  return gate;
}
