import { basisRank, continueBasis, createBasis } from "../basis";
import { explainedEnergy, FitTotals, fitRows, inverseTraces } from "../gaussian";
import { allocate, mark, release } from "../memory";
import { Moments, startMoments } from "../moments";
import { addMoments } from "../reduce";

function rowsOfGaussians(rows: i32, columns: i32, gaussians: i32, width: f64): usize {
  const stride = (columns + 3) & ~3;
  const w = allocate(<f64>(rows * stride) * 4);
  const sigma = (width * <f64>columns) / <f64>gaussians;
  memory.fill(w, 0, (<usize>(rows * stride)) << 2);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      let sum: f64 = 0;
      for (let k = 0; k < gaussians; k++) {
        const z = (<f64>j - (<f64>k * <f64>(columns - 1)) / <f64>(gaussians - 1)) / sigma;
        sum += <f64>(((i + 2 * k) % 5) - 2) * Math.exp(-0.5 * z * z);
      }
      store<f32>(w + ((<usize>(i * stride + j)) << 2), <f32>sum);
    }
  }
  return w;
}

/** A basis made in slices of a few rows' work. */
function basisOf(columns: i32, gaussians: i32, width: f64): usize {
  const basis = createBasis(columns, gaussians, width, false);
  while (continueBasis(basis, 500) == 0) {}
  return basis;
}

describe("uniform Gaussian fit", () => {
  it("returns the amplitudes that rows were made of", () => {
    const widths: f64[] = [0.3, 0.5, 0.6, 0.8, 1.0, 1.2];
    for (let trial = 0; trial < widths.length; trial++) {
      const marked = mark();
      const rows = 7;
      const columns = 53;
      const gaussians = 6;
      const stride = 56;
      const w = rowsOfGaussians(rows, columns, gaussians, widths[trial]);
      const moments = changetype<Moments>(allocate(<f64>offsetof<Moments>()));
      const sums = allocate(<f64>rows * 24);
      const totals = changetype<FitTotals>(allocate(24));
      const amplitudes = allocate(<f64>(rows * gaussians) * 4);
      const explained = allocate(8);
      memory.fill(changetype<usize>(totals), 0, 24);
      store<f64>(explained, 0);
      startMoments(moments, w, columns);
      addMoments(moments, w, rows, columns, stride, sums);
      const basis = basisOf(columns, gaussians, widths[trial]);
      fitRows(basis, w, rows, stride, sums, amplitudes, 0, 0, totals);
      explainedEnergy(basis, w, rows, stride, sums, explained);
      expect<i32>(basisRank(basis)).toBe(gaussians);
      let worst: f64 = 0;
      for (let i = 0; i < rows; i++)
        for (let k = 0; k < gaussians; k++)
          worst = Math.max(
            worst,
            Math.abs(<f64>load<f32>(amplitudes + ((<usize>(i * gaussians + k)) << 2)) - <f64>(((i + 2 * k) % 5) - 2)),
          );
      expect<bool>(worst < 3e-4).toBe(true);
      expect<bool>(totals.residual < 1e-10 * totals.squares).toBe(true);
      expect<bool>(Math.abs(load<f64>(explained) / totals.squares - 1) < 1e-5).toBe(true);
      release(marked);
    }
  });

  it("counts the rank of a dependent basis", () => {
    const marked = mark();
    expect<i32>(basisRank(basisOf(64, 32, 3))).toBeLessThan(32);
    expect<i32>(basisRank(basisOf(64, 1, 3))).toBe(1);
    expect<i32>(basisRank(basisOf(1, 1, 0.5))).toBe(1);
    release(marked);
  });

  it("has traces of the inverse Gram matrix: one Gaussian's are known", () => {
    const marked = mark();
    const out = allocate(16);
    memory.fill(out, 0, 16);
    inverseTraces(basisOf(1, 1, 0.5), 0, 1, out);
    expect<f64>(load<f64>(out)).toBe(1);
    expect<f64>(load<f64>(out, 8)).toBe(1);
    release(marked);
  });
});
