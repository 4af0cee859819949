import { writeFile } from "node:fs/promises";
import path from "node:path";
import { start, within } from "./processes.mjs";

const kinds = { ".js": "esModule", ".wasm": "wasm" };

/** Writes a configuration for a folder's modules, the first of them the worker, and starts workerd on it. */
export async function startWorkerd(program, folder, modules, data = {}) {
  const listed = modules.map((name) => `(name = "${name}", ${kinds[path.extname(name)]} = embed "${name}")`);
  const bindings = Object.entries(data).map(([name, file]) => `(name = "${name}", data = embed "${file}")`);
  await writeFile(
    path.join(folder, "config.capnp"),
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .worker)],
  sockets = [(name = "http", http = (), service = "main")],
);
const worker :Workerd.Worker = (
  modules = [${listed.join(", ")}],
  bindings = [${bindings.join(", ")}],
  compatibilityDate = "2026-01-01",
);
`,
  );
  return serveConfiguration(program, folder);
}

/** Starts workerd on a folder's config.capnp, its socket "http" on a free port; `origin` answers requests. */
export async function serveConfiguration(program, folder) {
  const started = start(program, ["serve", "config.capnp", "--socket-addr=http=127.0.0.1:0", "--control-fd=3"], {
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe", "pipe"],
  });
  const listening = new Promise((resolve) => {
    let text = "";
    started.child.stdio[3].on("data", (chunk) => {
      text += chunk;
      const port = /"event":"listen".*?"port":(\d+)/.exec(text)?.[1];
      if (port) resolve(port);
    });
  });
  try {
    const port = await within(
      60,
      Promise.race([
        listening,
        started.ended.then(() => {
          throw new Error(`workerd ended\n${started.said()}`);
        }),
      ]),
      "workerd",
    );
    return { origin: `http://127.0.0.1:${port}`, pid: started.child.pid, said: started.said, stop: started.stop };
  } catch (error) {
    await started.stop();
    throw error;
  }
}
