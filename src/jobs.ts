/** The long jobs of the API, in one file for Node to load at the first call of any (src/index-node.ts). */
export { analyze } from "./analyze.js";
export { openCheckpoint } from "./checkpoint/open.js";
export { scalingTables } from "./scaling.js";
export { analyzeTransitions } from "./transition.js";
