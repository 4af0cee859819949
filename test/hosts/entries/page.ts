/** A browser's page: fetches the example beside it and posts the outcome back. */
import { run } from "../suite.js";

const example = new Uint8Array(await (await fetch("example.safetensors")).arrayBuffer());
await fetch("result", { method: "POST", body: JSON.stringify(await run({ example })) });
