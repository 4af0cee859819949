/** Browsers and any host without `node:` modules that may compile bytes. */
export { kernelBytes, kernelModule } from "./inlined.js";
export { openPath } from "./no-file.js";
