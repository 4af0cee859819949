import { createScratch } from "#host";
import type { Scratch } from "../host/contract.js";

/** Numbers of a spool, as they were appended. */
export interface Spooled {
  /** Of the first one. */
  offset: number;
  length: number;
}

/** f32 numbers put aside in the host's scratch room until the file that they go into is written. */
export class Spool {
  private end = 0;

  private constructor(private readonly scratch: Scratch) {}

  static async create(): Promise<Spool> {
    return new Spool(await createScratch());
  }

  async append(values: Float32Array): Promise<Spooled> {
    const offset = this.end;
    this.end += values.byteLength;
    await this.scratch.append(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    return { offset, length: values.length };
  }

  /** Values [start, end) of those that were appended together. */
  async read({ offset }: Spooled, start: number, end: number): Promise<Float32Array> {
    if (start === end) return new Float32Array(0);
    const bytes = await this.scratch.read(offset + start * 4, offset + end * 4);
    return new Float32Array(bytes.buffer, bytes.byteOffset, end - start);
  }

  close(): Promise<void> {
    return this.scratch.close();
  }
}
