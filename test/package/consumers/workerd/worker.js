// workerd: the report of the bytes that are posted.
import { analyze } from "weightscope";

export default {
  async fetch(request) {
    return Response.json(await analyze(new Uint8Array(await request.arrayBuffer()), { threads: 2 }));
  },
};
