/** A browser's page: posts the hashes of the random cases back. */
import { load } from "weightscope";
import { runRandom } from "../random.js";

/** Put in by bundle.mjs. */
declare const RANDOM: { first: number; count: number };

await fetch("result", {
  method: "POST",
  body: JSON.stringify(await runRandom(await load(), RANDOM.first, RANDOM.count)),
});
