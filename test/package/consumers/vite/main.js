import * as weightscope from "weightscope";
import workerUrl from "weightscope/worker.js?url";
import { answer } from "./answer.js";

const inlined = new URLSearchParams(location.search).has("inlined");
await answer(weightscope, inlined ? {} : { workerUrl });
