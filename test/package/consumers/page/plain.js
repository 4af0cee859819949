// No bundler: the package's browser build by its own URL.

import { answer } from "./answer.js";
import * as weightscope from "./node_modules/weightscope/dist/browser/index.js";

await answer(weightscope);
