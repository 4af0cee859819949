// No bundler: the package's browser build by its own URL.
import * as weightscope from "./node_modules/weightscope/dist/browser/index.js";
import { answer } from "./answer.js";

await answer(weightscope);
