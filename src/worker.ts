/** The workers' script: one matrix at a time, its bytes asked for by message. */
import { onMessage, post } from "./host/worker-port.js";
import { provideModule } from "./host/worker.js";
import { analyzeMatrix } from "./analyze/matrix.js";
import { Machine } from "./kernels.js";
import type { ToWorker } from "./worker-messages.js";

let machine: Machine;
let requests = 0;
const waiting = new Map<number, (bytes: Uint8Array) => void>();

function read(start: number, end: number, into?: Uint8Array): Promise<Uint8Array> {
  const request = requests++;
  return new Promise((resolve) => {
    waiting.set(request, resolve);
    // Back to its first byte: a shorter read may have used a part of it.
    const whole = into && new Uint8Array(into.buffer as ArrayBuffer);
    post({ type: "read", request, start, end, into: whole }, whole ? [whole.buffer] : []);
  });
}

onMessage((data) => {
  const message = data as ToWorker;
  if (message.type === "start") {
    if (message.quantized) provideModule("quantized", message.quantized);
    machine = new Machine(message.module, message.instructions);
    post({ type: "ready" });
  } else if (message.type === "bytes") {
    waiting.get(message.request)?.(message.bytes);
    waiting.delete(message.request);
  } else {
    analyzeMatrix(machine, message.plan, message.options, read, message.memory).then(
      (figures) => post({ type: "done", figures }),
      (error: unknown) => post({ type: "failed", name: error instanceof Error ? error.name : "Error", message: error instanceof Error ? error.message : String(error) }),
    );
  }
});
