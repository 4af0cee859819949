import { describe, expect, it } from "vitest";
import { analyze, type MatrixReport } from "../../src/index.js";
import { data, describeNeeding, inClone, inCollection, oracle } from "../support/data.js";

/** Of one matrix, by test/oracle/spectra.py. */
interface Reference {
  effectiveRank: number;
  numericalRank: number;
  energyRank: Record<"0.5" | "0.9" | "0.99", number>;
  powerLaw: { alpha: number; xmin: number; D: number; tail: number; standardError: number } | null;
  marchenkoPastur: {
    noiseVariance: number;
    edge: number;
    count: number;
    bulkKStimesSize: number;
    below: number;
    energy: number;
  };
  kritchmanNadler: { count: number };
  /** λ so close to the edge that they may fall on either side. */
  nearEdge: number;
  /** Of some ranks, the last among them. */
  singularValues: Record<string, number>;
}

const trained = [
  "models/cellogpt-decoder/weights.safetensors",
  "models/kwt1/kwt1.f16.safetensors",
  "models/kwt1/kwt1.f32.safetensors",
  "models/replica-10m/model.bf16.safetensors",
  "models/rwkv6-1m/rwkv6-1m.f32.safetensors",
  "models/selftrained-llama-en/model.bf16.safetensors",
  "models/selftrained-llama-en/model.safetensors",
  "models/selftrained-llama-en-tuned/full.bf16.safetensors",
  "models/selftrained-llama-en-tuned/lora.bf16.safetensors",
  "models/stories260K/stories260K.f32.safetensors",
  "models/stories260K/stories260K.bf16.safetensors",
  "models/stories260K/sharded/model-00001-of-00002.safetensors",
  "models/stories260K/sharded/model-00002-of-00002.safetensors",
  "random-init/marian-tiny-random.safetensors",
];
/** Untrained, 79 matrices: where the reference finds its two directions, of which there are none. */
const untrained: [file: string, count: number, falsely: string[]][] = [
  ["models/selftrained-llama-en/init.bf16.safetensors", 30, ["model.layers.1.mlp.gate_proj.weight"]],
  ["models/replica-10m/init.bf16.safetensors", 35, []],
  ["random-init/phi-tiny-random.safetensors", 14, ["model.layers.1.self_attn.dense.weight"]],
];

function reference(file: string): Record<string, Reference> {
  const script = new URL("../oracle/spectra.py", import.meta.url).pathname;
  return JSON.parse(oracle("spectra", [script, data(file)]));
}

const NEAR = 1e-4;
const found = (file: string) => analyze(data(file), { gaussians: [8], transpose: "none", singularValues: true });

function compare({ name, spectrum, rows, columns }: MatrixReport, expected: Reference): void {
  const { signal, floor, singularValues, ...figures } = spectrum!;
  const close = (value: number, to: number, what: string): void =>
    expect(Math.abs(value - to), `${name} ${what}: ${value} for ${to}`).toBeLessThanOrEqual(NEAR * Math.abs(to));
  const { marchenkoPastur, powerLaw, nearEdge, singularValues: some } = expected;
  expect(singularValues, name).toHaveLength(Math.min(rows, columns));
  for (const [k, sigma] of Object.entries(some)) {
    const apart = Math.abs(singularValues![Number(k)] ** 2 - sigma * sigma);
    expect(apart, `${name} σ${Number(k) + 1}`).toBeLessThanOrEqual(2 * NEAR * sigma * sigma + floor * floor);
  }
  expect(figures.energyRanks, name).toEqual(expected.energyRank);
  const known = Math.min(...Object.values(some)) > 2 * floor;
  expect(figures.numericalRank!, name).toBeLessThanOrEqual(expected.numericalRank);
  if (known) expect(figures.numericalRank, name).toBe(expected.numericalRank);
  close(figures.effectiveRank!, expected.effectiveRank, "effective rank");
  expect(Math.abs(signal.directions - marchenkoPastur.count), `${name} signal`).toBeLessThanOrEqual(nearEdge);
  if (nearEdge > 0 || !known) return;
  expect(signal.kritchmanNadler, name).toBe(expected.kritchmanNadler.count);
  expect(signal.below, name).toBe(marchenkoPastur.below);
  close(signal.edge, marchenkoPastur.edge, "edge");
  close(signal.noiseVariance, marchenkoPastur.noiseVariance, "noise variance");
  close(signal.energy, marchenkoPastur.energy, "energy");
  if (signal.bulk !== null) close(signal.bulk, marchenkoPastur.bulkKStimesSize, "bulk");
  if (!powerLaw) return expect(figures.tail, name).toBeNull();
  close(figures.tail!.exponent, powerLaw.alpha, "tail exponent");
  close(figures.tail!.distance, powerLaw.D, "tail distance");
  close(figures.tail!.minimum, powerLaw.xmin, "tail minimum");
  close(figures.tail!.standardError, powerLaw.standardError, "tail error");
  expect(figures.tail!.n, name).toBe(powerLaw.tail);
}

async function agrees(file: string): Promise<MatrixReport[]> {
  const expected = reference(file);
  const { matrices } = await found(file);
  const counted = matrices.filter(({ spectrum }) => spectrum !== null);
  expect(counted.map(({ name }) => name).sort()).toEqual(Object.keys(expected).sort());
  for (const matrix of counted) compare(matrix, expected[matrix.name]);
  return counted;
}

const ofTrained = (names: string[]): void =>
  it.each(names)("%s", async (file) => {
    await agrees(file);
  });
const ofUntrained = (names: string[]): void =>
  it.each(untrained.filter(([file]) => names.includes(file)))(
    "%s, untrained, %i matrices: no direction above noise but in %j",
    async (file, count, falsely) => {
      const matrices = await agrees(file);
      expect(matrices).toHaveLength(count);
      const directions = matrices.flatMap(({ name, spectrum }) =>
        Array<string>(spectrum!.signal.directions).fill(name),
      );
      expect(directions).toEqual(falsely);
    },
  );

const controls = untrained.map(([file]) => file);

describe("spectra of every matrix against numpy's", () => {
  ofTrained(inClone(trained));
  ofUntrained(inClone(controls));
});
describeNeeding(["numpy", "collection"], "spectra of other models' matrices against numpy's", () => {
  ofTrained(inCollection(trained));
  ofUntrained(inCollection(controls));
});
