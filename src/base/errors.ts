/** Malformed or unreadable checkpoints. `code` is stable; the message names file, tensor and offset. */
export class CheckpointError extends Error {
  override readonly name = "CheckpointError";
  readonly code: string;
  readonly tensor?: string;

  constructor(
    code: string,
    message: string,
    options: { tensor?: string | undefined; cause?: unknown | undefined } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    if (options.tensor !== undefined) this.tensor = options.tensor;
  }
}
