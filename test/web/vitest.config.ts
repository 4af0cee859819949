import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

/** Tests that drive real browsers: `npm run test:web`. One file at a time: two browsers on two cores are slow enough. */
export default defineConfig({
  resolve: { alias: { "#host": fileURLToPath(new URL("../../src/host/node.ts", import.meta.url)) } },
  test: { include: ["test/web/**/*.web.ts"], testTimeout: 90_000, hookTimeout: 90_000, fileParallelism: false },
});
