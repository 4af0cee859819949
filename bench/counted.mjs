/** Loaded before a command (`node --import`): what its process took goes to the file that COUNTED names. */
import { readFileSync, writeFileSync } from "node:fs";

process.on("exit", () => {
  const { user, system } = process.cpuUsage();
  const read = Number(/^rchar: (\d+)$/m.exec(readFileSync("/proc/self/io", "utf8"))?.[1]);
  // Not getrusage's, in which a child begins with what its parent had.
  const peak = 1024 * Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1]);
  writeFileSync(process.env.COUNTED ?? "/dev/stderr", JSON.stringify({ seconds: (user + system) / 1e6, peak, read }));
});
