/** workerd: answers any request with the outcome. */
import { run } from "../suite.js";

interface Environment {
  example: ArrayBuffer;
}

export default {
  async fetch(_request: Request, { example }: Environment): Promise<Response> {
    return Response.json(await run({ example: new Uint8Array(example) }));
  },
};
