/** SIGKILL at any moment, and SIGINT, SIGTERM and SIGHUP: nothing half-written, and the same bytes afterwards. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import path from "node:path";
import { pause } from "../queue/server.mjs";
import { Attack, leftIn, ran, visible, worked, writers } from "./attack.mjs";

const KILLS = 6;
/** Seconds within which an interrupted command must end. */
const GRACE = 3.5;

/** Without what may be left between two commands: a journal that goes on. @param {string} own */
const results = (own) => Object.fromEntries(Object.entries(visible(own)).filter(([name]) => name !== "journal"));

/** @param {Record<string, string>} found @param {Record<string, string>} whole */
function partsOf(found, whole) {
  for (const [name, bytes] of Object.entries(found)) assert(bytes === whole[name], `${name} is half-written`);
}

/** @param {string} folder @param {Awaited<ReturnType<typeof import("./attack.mjs").makeInputs>>} inputs */
export async function kills(folder, inputs) {
  const killed = new Attack("SIGKILL, and the same command again");
  const stopped = new Attack("SIGINT, SIGTERM, SIGHUP");
  for (const { name, args } of writers(inputs)) {
    const first = mkdtempSync(path.join(folder, "whole-"));
    const begun = performance.now();
    worked(await ran(args(first), { env: { TMPDIR: first } }));
    const took = performance.now() - begun;
    const whole = results(first);
    for (let at = 0; at < KILLS; at++) {
      const after = ((at + 0.5) / KILLS) * took;
      const own = mkdtempSync(path.join(folder, "own-"));
      await killed.case(`${name} after ${after.toFixed(0)} of ${took.toFixed(0)} ms`, async () => {
        await ran(args(own), { env: { TMPDIR: own }, act: (one) => pause(after).then(() => one.kill("SIGKILL")) });
        partsOf(results(own), whole);
        // An adapter's folder that stands is whole, and is not written over.
        if (Object.keys(results(own)).length === Object.keys(whole).length) return;
        rmSync(path.join(own, "adapter"), { recursive: true, force: true });
        worked(await ran(args(own), { env: { TMPDIR: own } }));
        assert.deepEqual(results(own), whole, "other bytes after a kill");
      });
      rmSync(own, { recursive: true });
    }
    for (const [at, signal] of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP", "SIGINT"]).entries()) {
      const after = ((at + 0.7) / 4) * took;
      const own = mkdtempSync(path.join(folder, "own-"));
      await stopped.case(`${name}, ${signal} after ${after.toFixed(0)} of ${took.toFixed(0)} ms`, async () => {
        let sent = Infinity;
        const ended = await ran(args(own), {
          env: { TMPDIR: own },
          act: (one) =>
            pause(after).then(() => {
              sent = performance.now();
              one.kill(signal);
            }),
        });
        assert(performance.now() - sent < GRACE * 1000 || ended.status === 0, "it went on for too long");
        assert(ended.status === 0 || ended.signal === signal || ended.status > 128, `status ${ended.status}`);
        partsOf(results(own), whole);
        assert.deepEqual(leftIn(own), [], "working files are left");
      });
      rmSync(own, { recursive: true });
    }
    rmSync(first, { recursive: true });
  }
  return [killed, stopped];
}
