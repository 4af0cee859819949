import { analyze, load } from "./node_modules/weightscope/dist/static/index.js";

const bytesOf = async (address) => new Uint8Array(await (await fetch(address)).arrayBuffer());

async function work() {
  const { norm } = (await load({ relaxed: true })).norms({ rows: 1, columns: 2, data: Float32Array.of(3, 4) });
  if (norm !== 5) throw new Error(`the norm of 3, 4 is ${norm}`);
  const quantized = await analyze(await bytesOf("node_modules/weightscope/dist/web/example.Q4_K_M.gguf"));
  if (!(quantized.matrices.length > 0)) throw new Error("no matrix of quantised types");
  return JSON.stringify(await analyze(await bytesOf("example.safetensors"), { threads: 2 }));
}

self.addEventListener("message", (event) =>
  event.waitUntil(
    work().then(
      (report) => event.source.postMessage({ report }),
      (error) => event.source.postMessage({ failed: error?.stack ?? String(error) }),
    ),
  ),
);
