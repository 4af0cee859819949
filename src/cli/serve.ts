import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineCommand } from "./command.js";
import { servedSource } from "./served-source.js";
import { startServer } from "./static-server.js";
import { flag, integer, option } from "./values.js";

/** The page beside the bundle, or in `dist` where the sources run. */
function pageDirectory(): string {
  const places = ["../web/", "../../web/", "../../dist/web/"].map((place) =>
    fileURLToPath(new URL(place, import.meta.url)),
  );
  return places.find((place) => existsSync(`${place}index.html`)) ?? places[0];
}

/** Hands an address to the system's browser; where that does not work, the address is on standard output. */
function openBrowser(address: string): void {
  const [command, ...words] =
    process.env.BROWSER !== undefined && process.env.BROWSER !== ""
      ? [process.env.BROWSER]
      : process.platform === "darwin"
        ? ["open"]
        : process.platform === "win32"
          ? ["rundll32", "url.dll,FileProtocolHandler"]
          : ["xdg-open"];
  spawn(command, [...words, address], { stdio: "ignore", detached: true })
    .on("error", () => {})
    .unref();
}

/** `weightscope serve`: the page's files from the package over HTTP, on the loopback interface. */
export const command = defineCommand({
  name: "serve",
  summary: "the page, on this machine only, until interrupted",
  operands: "[SOURCE]",
  minimum: 0,
  maximum: 1,
  options: {
    port: option(
      "PORT",
      "to listen on (default 8383; 0 takes any that is free)",
      integer({ minimum: 0, maximum: 65535 }),
    ),
    open: flag("open the address in the browser (BROWSER names another)"),
  },
  details: [
    "Prints its address on standard output, with SOURCE open in it: a file, a directory or an address.",
    "Files that are opened in the page are read by the browser; nothing is " + "sent to this server.",
  ],
  async run({ operands, options, signal, output }) {
    const port = options.port ?? 8383;
    const source = operands.length > 0 ? await servedSource(operands[0]) : null;
    const { server, address } = await startServer(pageDirectory(), port, source?.files).catch((error: unknown) => {
      const { code } = error as { code?: string };
      if (code === "EADDRINUSE" || code === "EACCES")
        throw new Error(`port ${port}: ${code === "EACCES" ? "not allowed" : "taken"}; --port chooses another`, {
          cause: error,
        });
      throw error;
    });
    const opened = source && (source.path === null ? source.address : new URL(source.path, address).href);
    const shown = opened === null ? address : `${address}#src=${encodeURIComponent(opened)}`;
    await output.write(`${shown}\n`);
    if (options.open) openBrowser(shown);
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
