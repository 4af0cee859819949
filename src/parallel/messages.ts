import type { RowRange } from "../base/chunks.js";
import type { ChangeFigures, ChangeOptions, ChangeShape } from "../matrix/change/change.js";
import type { RowsOfBoth } from "../matrix/change/rows.js";
import type { MatrixFigures } from "../matrix/figures.js";
import type { PartOf, PassSpec } from "../matrix/pass-spec.js";
import type { MatrixOptions } from "../matrix/schedule.js";
import type { StoredMatrix } from "../matrix/stored.js";

/**
 * What the pool and its workers say to each other. A worker has one matrix at a time: it finds all its figures ("job"),
 * or it helps the worker that does, with a range of the rows ("help"). Then each pass comes to it by way of the pool
 * ("delegate" there, "pass" here), and the sums of its chunks go back the same way ("part"). Or it has a matrix on two
 * sides ("change"), whose rows it is given as it asks for them ("rows").
 */
export type ToWorker =
  | { type: "start"; module: WebAssembly.Module; instructions: string; quantized: WebAssembly.Module | null }
  /** `helpers` of them have the rows from `last` on. */
  | { type: "job"; plan: StoredMatrix; options: MatrixOptions; memory: number; last: number; helpers: number }
  | { type: "help"; plan: StoredMatrix; options: MatrixOptions; memory: number; range: RowRange }
  | { type: "pass"; spec: PassSpec }
  | { type: "part"; helper: number; part: PartOf<PassSpec> | null }
  | { type: "leave" }
  /** From the host's handle, where a worker ends by itself. */
  | { type: "end" }
  | { type: "bytes"; request: number; bytes: Uint8Array }
  /** A matrix on two sides: the pool reads and decodes its rows. */
  | { type: "change"; shape: ChangeShape; options: ChangeOptions }
  | { type: "rows"; request: number; rows: RowsOfBoth };

/** What a worker says to the pool. */
export type FromWorker =
  | { type: "ready" }
  /** Every few seconds, from a timer or from a look for events: the host's handle takes it. */
  | { type: "alive" }
  /** Bytes are wanted; or, for a worker that reads them itself, so many came. */
  | { type: "read"; request: number; start: number; end: number; into?: Uint8Array | undefined }
  | { type: "seen"; bytes: number }
  /** Of a matrix's spectrum. */
  | { type: "spectrum"; share: number }
  | { type: "delegate"; spec: PassSpec }
  /** Null after the last of a pass. */
  | { type: "part"; part: PartOf<PassSpec> | null }
  | { type: "done"; figures: MatrixFigures }
  /** Rows [first, last) of both sides are wanted. */
  | { type: "rows"; request: number; first: number; last: number }
  | { type: "changed"; figures: ChangeFigures }
  | { type: "failed"; name: string; message: string; code?: string; tensor?: string | undefined };
