import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import ResultsReporter from "../support/reporter.js";

/**
 * Tests that drive real browsers: `npm run test:web`. One file at a time: two browsers on two cores are slow enough.
 * A test is tried again up to twice: on a machine with more work than cores, Firefox now and then stands still for a
 * minute.
 */
export default defineConfig({
  resolve: { alias: { "#host": fileURLToPath(new URL("../../src/host/node.ts", import.meta.url)) } },
  test: {
    include: ["test/web/**/*.web.ts"],
    testTimeout: 90_000,
    hookTimeout: 90_000,
    fileParallelism: false,
    reporters: ["default", new ResultsReporter("web")],
    retry: 2,
  },
});
