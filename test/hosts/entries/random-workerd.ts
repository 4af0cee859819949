/** workerd: answers any request with the hashes of the random cases. */
import { load } from "weightscope";
import { runRandom } from "../random.js";

/** Put in by bundle.mjs. */
declare const RANDOM: { first: number; count: number };

export default {
  async fetch(): Promise<Response> {
    return Response.json(await runRandom(await load(), RANDOM.first, RANDOM.count));
  },
};
