// For esbuild.
import * as weightscope from "weightscope";
import { answer } from "./answer.js";

await answer(weightscope);
