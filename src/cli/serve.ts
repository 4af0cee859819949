import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineCommand } from "./command.js";
import { startServer } from "./static-server.js";
import { integer, option } from "./values.js";

/** The page beside the bundle, or in `dist` where the sources run. */
function pageDirectory(): string {
  const places = ["../web/", "../../web/", "../../dist/web/"].map((place) =>
    fileURLToPath(new URL(place, import.meta.url)),
  );
  return places.find((place) => existsSync(`${place}index.html`)) ?? places[0];
}

/** `weightscope serve`: the page's files from the package over HTTP, on the loopback interface. */
export const command = defineCommand({
  name: "serve",
  summary: "the page, on this machine only, until interrupted",
  operands: "",
  minimum: 0,
  maximum: 0,
  options: {
    port: option(
      "PORT",
      "to listen on (default 8383; 0 takes any that is free)",
      integer({ minimum: 0, maximum: 65535 }),
    ),
  },
  details: [
    "Prints its address on standard output. Files that are opened in the page are read by the browser; nothing is " +
      "sent to this server.",
  ],
  async run({ options, signal, output }) {
    const port = options.port ?? 8383;
    const { server, address } = await startServer(pageDirectory(), port).catch((error: unknown) => {
      const { code } = error as { code?: string };
      if (code === "EADDRINUSE" || code === "EACCES")
        throw new Error(`port ${port}: ${code === "EACCES" ? "not allowed" : "taken"}; --port chooses another`, {
          cause: error,
        });
      throw error;
    });
    await output.write(`${address}\n`);
    await new Promise<void>((resolve) => {
      signal.addEventListener("abort", () => resolve(), { once: true });
      if (signal.aborted) resolve();
    });
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    signal.throwIfAborted();
    return 0;
  },
});
