/**
 * The report of a checkpoint as JSON, within an edge worker's 128 MB and without Node's modules:
 *   POST / with a safetensors or GGUF file as the body and its Content-Length
 *   GET /?url=https://… of a server that answers byte ranges
 * `include` and `exclude`, regular expressions, choose tensors by name. The same file serves Node, Deno and Bun.
 */
import { analyze, CheckpointError } from "weightscope";
import { windowSource } from "./window.js";

/**
 * Bytes of weights in the kernels, and of the body behind what was last read: together well under 128 MB with the code.
 */
const MEMORY = 32 << 20;
const REACH = 4 << 20;
/** Bodies above this hold matrices whose singular values, all of them, would not fit beside the weights. */
const LARGE = 64e6;

async function report(request) {
  const { searchParams } = new URL(request.url);
  const pattern = (name) => (searchParams.has(name) ? new RegExp(searchParams.get(name)) : undefined);
  const options = { memory: MEMORY, include: pattern("include"), exclude: pattern("exclude"), signal: request.signal };
  if (request.method === "GET" && searchParams.has("url")) return analyze(new URL(searchParams.get("url")), options);
  const length = request.headers.get("content-length");
  if (request.method !== "POST" || !request.body || !/^\d+$/.test(length ?? ""))
    throw new SyntaxError("POST a checkpoint with its Content-Length, or GET /?url=https://…");
  const source = windowSource(request.body, "body", Number(length), REACH);
  try {
    return await analyze(source, { ...options, spectrum: Number(length) > LARGE ? "none" : "auto" });
  } finally {
    await source.cancel();
  }
}

export default {
  async fetch(request) {
    try {
      return Response.json(await report(request));
    } catch (error) {
      const status =
        error instanceof CheckpointError || error instanceof SyntaxError || error instanceof TypeError ? 400 : 500;
      return Response.json({ error: error.message }, { status });
    }
  },
};
