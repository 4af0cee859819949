// Parcel reads no `exports`: entries are found by `browser`.
import * as weightscope from "weightscope";
import "weightscope/element";
import { answer } from "./answer.js";

await answer(weightscope);
