// For a page whose policy allows scripts and workers of its own origin only: the workers' script is given by URL.

import { answer } from "./answer.js";
import * as weightscope from "./node_modules/weightscope/dist/browser/index.js";

await answer(weightscope, { workerUrl: "./node_modules/weightscope/dist/worker.js" });
