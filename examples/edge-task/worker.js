/**
 * Part of the work on a checkpoint as an HTTP function: POST { "address", "options", "keys" } answers { "results":
 * [{ "key", "figures" }], "failed" }. Keys are those of `planAnalysis`; what they stand for is read by byte ranges.
 * ALLOW is the start of every address that may be read, redirects included.
 */
import { CheckpointError, openCheckpoint, openTasks } from "weightscope";

/** Bytes of weights held at once, and of a request. */
const MEMORY = 32 << 20;
const LONGEST_REQUEST = 1 << 20;
/** Options that figures depend on; patterns and anything else of a request are not taken. */
const OPTIONS = ["gaussians", "width", "permutations", "participation", "svd", "energy", "spectrum", "seed"];

const isKey = (key) => typeof key === "string" && /^[0-9a-f]{32}$/.test(key);

/** An address as `URL` normalises it, below the allowed one. */
function allowed(address, prefix) {
  if (!URL.canParse(address) || !new URL(address).href.startsWith(new URL(prefix).href))
    throw new SyntaxError("the address is not among those that may be read");
  return new URL(address);
}

async function work(request, prefix) {
  const text = request.method === "POST" ? await request.text() : "";
  if (text === "" || text.length > LONGEST_REQUEST) throw new SyntaxError("POST an address, options and keys");
  const { address, options = {}, keys } = JSON.parse(text);
  if (!Array.isArray(keys) || keys.length === 0 || !keys.every(isKey)) throw new SyntaxError("no keys");
  const asked = Object.fromEntries(OPTIONS.filter((name) => name in options).map((name) => [name, options[name]]));
  const guarded = (url, init) => fetch(allowed(String(url), prefix), init);
  const checkpoint = await openCheckpoint(allowed(address, prefix), { fetch: guarded, signal: request.signal });
  try {
    const tasks = await openTasks(checkpoint, { ...asked, memory: MEMORY });
    const results = [];
    const failed = await tasks.run(keys, (result) => results.push(result), request.signal);
    return { results, failed };
  } finally {
    await checkpoint.close();
  }
}

export default {
  async fetch(request, { ALLOW }) {
    try {
      return Response.json(await work(request, ALLOW));
    } catch (error) {
      const mistaken = [CheckpointError, SyntaxError, TypeError, RangeError].some((kind) => error instanceof kind);
      return Response.json({ error: error.message }, { status: mistaken ? 400 : 500 });
    }
  },
};
