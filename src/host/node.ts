/** Node, Deno and Bun: `node:` modules are there, and bytes may be compiled. */
export { kernelBytes, kernelModule } from "./inlined.js";
export { openPath } from "./node-file.js";
