/** Seeded cases without end: case `index` is the same in every host, and its name says what it does. */

import type { AnalyzeOptions, CompressOptions, Kernels, TransitionOptions } from "weightscope";
import { analyze, analyzeTransitions, compress, fitPowerLaw, openCheckpoint, pearson, restore } from "weightscope";
import { Random, seedFor } from "../../src/base/random.js";
import { bitsOf } from "./hash.js";
import { written } from "./outputs.js";
import {
  type Drawn,
  drawnCheckpoint,
  drawnMatrix,
  drawnSparse,
  drawnText,
  maybe,
  pick,
  within,
} from "./random-inputs.js";

export interface RandomCase {
  name: string;
  run(kernels: Kernels, module?: WebAssembly.Module): unknown;
}
/** One case a line: its name and the hash of all that it returned or threw. */
export interface RandomOutcome {
  names: string[];
  hashes: string[];
}

type Kind = (random: Random) => RandomCase;

const named = (what: string, { name }: { name: string }, options: unknown, run: RandomCase["run"]): RandomCase => ({
  name: `${what} of ${name}, ${JSON.stringify(options)}`,
  run,
});

const norms: Kind = (random) => {
  const { name, value } = drawnMatrix(random, 40_000);
  return named("norms", { name }, {}, (kernels) => kernels.norms(value));
};

const fit: Kind = (random) => {
  const drawn = drawnMatrix(random, 20_000);
  const options = {
    ...maybe(random, "gaussians", 1 + random.below(drawn.value.columns)),
    ...maybe(random, "width", pick(random, [0.2, 0.5, 0.61, 1, 1.7, 6])),
  };
  return named("fitGaussians, reconstruct", drawn, options, (kernels) => {
    const found = kernels.fitGaussians(drawn.value, options);
    return [found, kernels.reconstruct(found)];
  });
};

const free: Kind = (random) => {
  const drawn = drawnMatrix(random, 400, 120);
  const { columns } = drawn.value;
  const options = {
    gaussians: 1 + random.below(Math.min(4, columns)),
    ...maybe(random, "start", "even" as const),
    ...maybe(random, "minimumSigma", 1),
  };
  return named("fitFreeGaussians", drawn, options, (kernels) => kernels.fitFreeGaussians(drawn.value, options));
};

const participation: Kind = (random) => {
  const drawn: Drawn<Parameters<Kernels["participationRatio"]>[0]> =
    random.below(4) === 0 ? drawnSparse(random) : drawnMatrix(random, 40_000);
  const options = {
    method: pick(random, ["auto", "exact", "power"] as const),
    ...maybe(random, "tolerance", pick(random, [0.1, 1e-3, 1e-5])),
    ...maybe(random, "blockSize", 1 + random.below(20)),
    ...maybe(random, "maxIterations", 1 + random.below(12)),
    ...maybe(random, "seed", random.below(1000) / 8),
  };
  return named("participationRatio", drawn, options, (kernels) => kernels.participationRatio(drawn.value, options));
};

const singular: Kind = (random) => {
  const drawn: Drawn<Parameters<Kernels["singularValues"]>[0]> =
    random.below(4) === 0 ? drawnSparse(random) : drawnMatrix(random, 20_000);
  const options = {
    count: 1 + random.below(Math.min(9, drawn.value.rows, drawn.value.columns)),
    ...maybe(random, "tolerance", 1e-3),
    ...maybe(random, "seed", random.below(99)),
  };
  return named("singularValues", drawn, options, (kernels) => kernels.singularValues(drawn.value, options));
};

const report: Kind = (random) => {
  const drawn = drawnCheckpoint(random);
  const options: AnalyzeOptions = {
    ...maybe(random, "gaussians", pick(random, [["auto"], [4], ["d/16", 3], ["d/32", "auto", 8]])),
    // Not both: the search for K under a wide, dependent basis takes minutes.
    ...(random.below(2) === 0
      ? maybe(random, "width", pick(random, [0.3, 1, 2]))
      : maybe(random, "energy", pick(random, [0.5, 0.9, 0.999, 1]))),
    ...maybe(random, "permutations", 2 + random.below(3)),
    ...maybe(random, "svd", true),
    ...maybe(random, "memory", 8_000 + random.below(200_000)),
    ...maybe(random, "seed", random.below(100)),
    ...maybe(random, "participation", { method: pick(random, ["auto", "exact", "power"] as const) }),
    ...(random.below(12) === 0 && { threads: 2 }),
  };
  return named("analyze", drawn, options, async (_, module) =>
    JSON.stringify(await analyze(drawn.value, { ...options, module })),
  );
};

const compressed: Kind = (random) => {
  const drawn = drawnCheckpoint(random);
  const gaussian = random.below(3) === 0;
  const budget = { budget: pick(random, [0.02, 0.125, 0.3, 0.75]) };
  const keep = pick(random, [budget, { energy: pick(random, [0.3, 0.9]) }, gaussian ? undefined : { rank: 2 }]);
  const options: CompressOptions = {
    include: /./,
    keep,
    ...(gaussian && { method: "gaussian", order: pick(random, ["stored", "leading", "path"] as const) }),
    ...(keep &&
      !gaussian &&
      !("rank" in keep) &&
      maybe(random, "allocate", pick(random, ["energy", "relative-energy"]))),
    ...maybe(random, "factors", pick(random, ["f32", "bf16", "f16", "q8", "q4"] as const)),
    ...maybe(random, "memory", 8_000 + random.below(200_000)),
    ...maybe(random, "transpose", /a/),
    ...(random.below(6) === 0 && { threads: 2 }),
  };
  const shown = { ...options, include: ".", transpose: options.transpose?.source };
  return named("compress, restore", drawn, shown, async () => {
    const { files, report } = compress(drawn.value, options);
    const small = await written(files);
    return [small, JSON.stringify(await report), await written(restore(small[0][1]).files)];
  });
};

const rows: Kind = (random) => {
  const drawn = drawnCheckpoint(random, true);
  return named("readRows", drawn, {}, async () => {
    const checkpoint = await openCheckpoint(drawn.value);
    const read: unknown[] = [];
    for (const tensor of checkpoint.tensors) {
      try {
        read.push(await checkpoint.readRows(tensor, 0, tensor.shape.length < 2 ? 1 : tensor.shape[0]));
      } catch (error) {
        read.push(said(error));
      }
    }
    return [checkpoint.tensors, checkpoint.metadata, read];
  });
};

const transitions: Kind = (random) => {
  const drawn = drawnText(random);
  const matrix = pick(random, ["transition", "transition", "counts"] as const);
  const options: TransitionOptions = {
    vocabulary: pick(random, [[3], [10, 40], [25, 100, 400], [1]]),
    matrix,
    shuffles: random.below(3),
    ...maybe(random, "tokens", pick(random, ["words", "characters", "bytes"] as const)),
    ...(matrix === "transition" && maybe(random, "smoothing", pick(random, [1e-9, 0.01, 0.5, 3, 1e6]))),
    ...maybe(random, "participation", { method: pick(random, ["exact", "power"] as const), tolerance: 1e-3 }),
    ...maybe(random, "seed", random.below(100)),
  };
  return named("analyzeTransitions", drawn, options, () => analyzeTransitions(drawn.value, options));
};

const statistics: Kind = (random) => {
  const length = pick(random, [3, 4, 5, 10, 100]);
  const offset = pick(random, [0, 1, 1e6, 1e12]);
  const slope = pick(random, [0, 1e-9, 1, -3]);
  const x = Float64Array.from({ length }, () => offset + random.normal());
  const y = x.map((value) => slope * value + random.normal());
  const positive = (values: Float64Array): Float64Array =>
    values.map((value) => Math.abs(value) + within(random, 1e-6, 2));
  const [a, b] = [positive(x), positive(y)];
  return named("pearson, fitPowerLaw", { name: `${length} points at ${offset}` }, { slope }, () => [
    pearson(x, y),
    fitPowerLaw(a, b),
  ]);
};

/** How often each comes, out of the whole. */
const kinds: Kind[] = [
  norms,
  norms,
  norms,
  fit,
  fit,
  free,
  participation,
  participation,
  participation,
  singular,
  report,
  report,
  report,
  compressed,
  rows,
  transitions,
  transitions,
  statistics,
];

export function randomCase(index: number): RandomCase {
  const random = new Random(seedFor(index, "differential"));
  return pick(random, kinds)(random);
}

const said = (error: unknown): string => (error instanceof Error ? `${error.name}: ${error.message}` : String(error));

/** Cases [first, first + count). What one throws counts as its answer. */
export async function runRandom(
  kernels: Kernels,
  first: number,
  count: number,
  module?: WebAssembly.Module,
): Promise<RandomOutcome> {
  const outcome: RandomOutcome = { names: [], hashes: [] };
  for (let index = first; index < first + count; index++) {
    const { name, run } = randomCase(index);
    outcome.names.push(name);
    try {
      outcome.hashes.push(bitsOf(await run(kernels, module)));
    } catch (error) {
      outcome.hashes.push(bitsOf(said(error)));
    }
  }
  return outcome;
}
