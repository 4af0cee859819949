/** The long jobs of the API, in one file for Node to load at the first call of any (src/index-node.ts). */
export { analyze, analyzePart, mergeReport } from "./analyze/analyze.js";
export { openTasks, planAnalysis } from "./analyze/task-runner.js";
export { openCheckpoint } from "./checkpoint/open.js";
export { extractAdapter } from "./compare/adapter.js";
export { compare } from "./compare/compare.js";
export { compress } from "./compress/compress.js";
export { restore } from "./compress/restore.js";
export { openJournal } from "./distribute/journal.js";
export { scalingTables } from "./scaling/scaling.js";
export { analyzeTransitions } from "./transitions/transitions.js";
