import fc from "fast-check";
import { beforeAll, expect } from "vitest";
import { Random } from "../../src/base/random.js";
import { load } from "../../src/index.js";
import type { FreeGaussianFit, FreeGaussianOptions, Kernels, Matrix } from "../../src/types.js";

export let kernels: Kernels;

beforeAll(async () => {
  kernels = await load();
});

export const noise = (rows: number, columns: number, seed = 1): Matrix => {
  const random = new Random(seed);
  return { rows, columns, data: Float32Array.from({ length: rows * columns }, () => random.normal()) };
};

/** The model in float64, every Gaussian on every column. */
export function model(fit: FreeGaussianFit, row: number): Float64Array {
  const { gaussians, columns } = fit;
  return Float64Array.from({ length: columns }, (_, j) => {
    let sum = 0;
    for (let k = row * gaussians; k < (row + 1) * gaussians; k++)
      sum += fit.amplitudes[k] * Math.exp(-((j - fit.centres[k]) ** 2) / (2 * fit.sigmas[k] ** 2));
    return sum;
  });
}

export function sums(matrix: Matrix, fit: FreeGaussianFit, row: number) {
  const values = Array.from(matrix.data.subarray(row * matrix.columns, (row + 1) * matrix.columns), Math.fround);
  const fitted = model(fit, row);
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  let residual = 0;
  let squares = 0;
  let variation = 0;
  values.forEach((value, j) => {
    residual += (value - fitted[j]) ** 2;
    squares += value ** 2;
    variation += (value - mean) ** 2;
  });
  return { residual, squares, variation };
}

export const ratio = (residual: number, whole: number): number =>
  whole > 0 ? 1 - residual / whole : residual > 0 ? 0 : 1;

/** Every figure of a fit against the float64 model of its own parameters, and every parameter within its bounds. */
export function checkFit(matrix: Matrix, fit: FreeGaussianFit, options: FreeGaussianOptions): void {
  const size = matrix.rows * options.gaussians;
  expect([fit.rows, fit.columns, fit.gaussians]).toEqual([matrix.rows, matrix.columns, options.gaussians]);
  expect([fit.amplitudes.length, fit.centres.length, fit.sigmas.length]).toEqual([size, size, size]);
  expect([fit.rowR2.length, fit.iterations.length, fit.status.length]).toEqual([matrix.rows, matrix.rows, matrix.rows]);
  const total = { residual: 0, squares: 0, variation: 0 };
  for (let row = 0; row < matrix.rows; row++) {
    const { residual, squares, variation } = sums(matrix, fit, row);
    expect(Math.abs(fit.rowR2[row] - ratio(residual, variation))).toBeLessThan(
      1e-6 * Math.max(1, squares / variation || 1),
    );
    total.residual += residual;
    total.squares += squares;
    total.variation += variation;
  }
  expect(Math.abs(fit.r2 - ratio(total.residual, total.variation))).toBeLessThan(
    1e-6 * Math.max(1, total.squares / total.variation || 1),
  );
  expect(Math.abs(fit.energy - ratio(total.residual, total.squares))).toBeLessThan(1e-6);
  const { minimumSigma = 0.3, maximumSigma = matrix.columns } = options;
  for (let k = 0; k < size; k++) {
    expect(fit.sigmas[k]).toBeGreaterThanOrEqual(minimumSigma);
    expect(fit.sigmas[k]).toBeLessThanOrEqual(Math.max(maximumSigma, minimumSigma * (1 + 1e-7)));
    const outside = Math.max(-fit.centres[k], fit.centres[k] - (matrix.columns - 1));
    expect(outside).toBeLessThanOrEqual(3.0001 * fit.sigmas[k]);
    expect(Number.isFinite(fit.amplitudes[k])).toBe(true);
  }
}

/** Rows of very different kinds: noise, smooth sums, steps, spikes, constants, zeros, and any of them huge or tiny. */
export const anyMatrix = (largestColumns: number) =>
  fc
    .record({
      rows: fc.integer({ min: 0, max: 3 }),
      columns: fc.integer({ min: 1, max: largestColumns }),
      seed: fc.integer({ min: 0, max: 1e9 }),
      kind: fc.constantFrom("noise", "smooth", "step", "spike", "constant", "zero", "offset"),
      exponent: fc.constantFrom(0, 0, 0, -140, -100, 100, 126),
    })
    .map(({ rows, columns, seed, kind, exponent }): Matrix => {
      const random = new Random(seed);
      const scale = 2 ** exponent;
      const data = new Float32Array(rows * columns);
      for (let row = 0; row < rows; row++) {
        const phase = 6 * random.float();
        const spike = random.below(columns);
        for (let j = 0; j < columns; j++) {
          const x = j / columns;
          data[row * columns + j] =
            scale *
            {
              noise: () => random.normal() / 4,
              smooth: () => Math.sin(7 * x + phase) / 2 + Math.cos(17 * x) / 4,
              step: () => (x > phase / 6 ? 1 : -0.5),
              spike: () => (j === spike ? -1 : 0),
              constant: () => phase / 6,
              zero: () => 0,
              offset: () => 1 + random.normal() / 1000,
            }[kind]();
        }
      }
      return { rows, columns, data };
    });

export const anyOptions = fc.record({
  minimumSigma: fc.constantFrom(undefined, 0.1, 0.7, 2, 50),
  maxIterations: fc.constantFrom(undefined, undefined, 1, 7, 60),
  tolerance: fc.constantFrom(undefined, 0, 1e-3),
});

/**
 * scipy's curve_fit with the analytic Jacobian (trust region, so that σ has its bounds) from the even start; R² of each
 * row.
 */
export const scipyScript = `
import json,sys,numpy as np,warnings
from scipy.optimize import curve_fit
warnings.simplefilter("ignore")
s=json.load(sys.stdin); d=s["columns"]; K=s["gaussians"]; W=np.array(s["data"]).reshape(-1,d); \
j=np.arange(d,dtype=float)
def parts(p):
  a,m,l=p[:K],p[K:2*K],p[2*K:]; z=(j[:,None]-m)/l
  return a,m,l,z,np.exp(-.5*z*z)
def f(x,*p):
  a,m,l,z,g=parts(np.array(p)); return g@a
def jac(x,*p):
  a,m,l,z,g=parts(np.array(p)); return np.hstack([g,g*z*a/l,g*z*z*a/l])
m0=np.linspace(0,d-1,K); l0=np.full(K,.5*d/K); z=(j[:,None]-m0)/l0; G=np.exp(-.5*z*z); out=[]
low=np.r_[np.full(K,-np.inf),np.full(K,-3.*d),np.full(K,.3)]; \
high=np.r_[np.full(K,np.inf),np.full(K,4.*d),np.full(K,float(d))]
for w in W:
  a0=np.linalg.lstsq(G,w,rcond=None)[0]
  try: p=curve_fit(f,j,w,np.r_[a0,m0,l0],jac=jac,bounds=(low,high),max_nfev=2000)[0]
  except RuntimeError: p=np.r_[a0,m0,l0]
  out.append(1-((w-f(j,*p))**2).sum()/((w-w.mean())**2).sum())
print(json.dumps(out))`;
