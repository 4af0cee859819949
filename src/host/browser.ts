/** Browsers and any host without `node:` modules that may compile bytes. */
export { kernelBytes, kernelModule } from "./inlined.js";
export { environment, openPath, spool } from "./no-file.js";
