import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import ResultsReporter from "../support/reporter.js";

/**
 * Tests that drive real browsers: `npm run test:web`. One file at a time: two browsers on two cores are slow enough.
 * No test is tried again. Tests wait while anything on the page changes (`waitForText`): with seventeen busy processes
 * on two cores a comparison took 65 s where it takes 16 with two. These limits are for what never ends.
 */
export default defineConfig({
  resolve: { alias: { "#host": fileURLToPath(new URL("../../src/host/node.ts", import.meta.url)) } },
  test: {
    include: ["test/web/**/*.web.ts"],
    testTimeout: 180_000,
    hookTimeout: 90_000,
    fileParallelism: false,
    reporters: ["default", new ResultsReporter("web")],
  },
});
