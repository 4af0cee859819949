import { CheckpointError } from "../base/errors.js";
import { printable, quoted } from "../base/printable.js";

/** A CheckpointError whose message reads `file: tensor "name": what (byte offset)`; names are made printable. */
export function malformed(
  code: string,
  file: string,
  what: string,
  where: { tensor?: string | undefined; offset?: number | undefined; cause?: unknown | undefined } = {},
): CheckpointError {
  const tensor = where.tensor === undefined ? "" : `tensor ${quoted(where.tensor)}: `;
  const offset = where.offset === undefined ? "" : ` (at byte ${where.offset})`;
  return new CheckpointError(code, `${printable(file)}: ${tensor}${what}${offset}`, {
    tensor: where.tensor,
    cause: where.cause,
  });
}
