import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { interpreter, oneThread } from "./python.mjs";

/** What a command takes (bench/child.py: wall and processor seconds, peak memory); what it prints goes to `output`. */
export function spentBy(output, command) {
  const spent = JSON.parse(
    execFileSync(interpreter, [fileURLToPath(new URL("child.py", import.meta.url)), output, ...command], {
      env: { ...process.env, ...oneThread },
      encoding: "utf8",
      stdio: ["ignore", "pipe", "inherit"],
    }),
  );
  if (spent.status !== 0) throw new Error(`${command.join(" ")} ended with status ${spent.status}`);
  return spent;
}
