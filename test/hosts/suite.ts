import { load } from "weightscope";
import { cases, moduleCases, relaxedAgrees } from "./cases.js";
import { bitsOf } from "./hash.js";
import { repeated } from "./reports.js";
import { type WorkerOutcome, workersHere } from "./workers.js";

export interface Inputs {
  example: Uint8Array;
  /** Another build of the kernels in place of the package's own. */
  module?: WebAssembly.Module | undefined;
  /** Without workers, and the reports that only repeat another with other threads and memory. */
  light?: boolean;
}
/** What a host prints: a hash a case, or what went wrong in it. */
export interface Outcome {
  cases: Record<string, string>;
  milliseconds: number;
  relaxed?: { instructions: string; validates: boolean; disagreements: string[] };
  workers?: WorkerOutcome;
}

/**
 * (module (func (param v128) local.get 0 local.get 0 local.get 0 f32x4.relaxed_madd drop)): valid with relaxed SIMD
 * alone.
 */
const relaxedProbe = Uint8Array.of(
  0,
  97,
  115,
  109,
  1,
  0,
  0,
  0,
  1,
  5,
  1,
  96,
  1,
  123,
  0,
  3,
  2,
  1,
  0,
  10,
  14,
  1,
  12,
  0,
  32,
  0,
  32,
  0,
  32,
  0,
  253,
  133,
  2,
  26,
  11,
);

export async function run({ example, module, light = false }: Inputs): Promise<Outcome> {
  const started = Date.now();
  const kernels = await load({ module });
  const outcome: Outcome = { cases: {}, milliseconds: 0 };
  for (const [name, work] of Object.entries(module ? moduleCases : cases)) {
    if (light && repeated.test(name)) continue;
    try {
      outcome.cases[name] = bitsOf(await work({ kernels, example, module }));
    } catch (error) {
      outcome.cases[name] = `failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
    }
  }
  if (!module) outcome.relaxed = { ...(await relaxedAgrees(kernels)), validates: WebAssembly.validate(relaxedProbe) };
  if (!light) outcome.workers = await workersHere(example);
  outcome.milliseconds = Date.now() - started;
  return outcome;
}
