import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import ResultsReporter from "./test/support/reporter.js";

export default defineConfig({
  resolve: { alias: { "#host": fileURLToPath(new URL("src/host/node.ts", import.meta.url)) } },
  test: {
    include: ["test/**/*.test.ts"],
    reporters: ["default", new ResultsReporter("unit")],
    testTimeout: 120_000,
    allowOnly: false,
    setupFiles: [process.env.WEIGHTSCOPE_TIMES ? "test/support/more-runs.ts" : "test/support/one-seed.ts"],
  },
});
