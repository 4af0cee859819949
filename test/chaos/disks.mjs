/** Disks that are full: files that may grow so far and no further, a file system of some kilobytes, /dev/full. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { Attack, leftIn, ran, saysWhy, visible, worked, writers } from "./attack.mjs";

/** In kilobytes. */
const LIMITS = [0, 1, 8, 64, 300];
const BEFORE = Buffer.from("what was there before");

/** Of what a command may leave where it fails. @param {string} own */
const leftBehind = (own) => Object.keys(visible(own)).filter((name) => name !== "journal" && name !== "filler");

/** @param {string} folder @param {Awaited<ReturnType<typeof import("./attack.mjs").makeInputs>>} inputs */
export async function disks(folder, inputs) {
  const limited = new Attack("files that may not grow (ulimit -f)");
  const small = new Attack("a file system of some kilobytes");
  const full = new Attack("/dev/full");
  for (const { name, args } of writers(inputs)) {
    const first = mkdtempSync(path.join(folder, "whole-"));
    worked(await ran(args(first)));
    const whole = visible(first);
    const again = async (/** @type {string} */ own) => {
      worked(await ran(args(own)));
      assert.deepEqual(visible(own), { ...visible(own), ...withoutJournal(whole) }, "other bytes afterwards");
    };
    for (const kilobytes of LIMITS)
      await limited.case(`${name}, ${kilobytes} kB`, async () => {
        const own = mkdtempSync(path.join(folder, "own-"));
        const through = ["bash", "-c", `ulimit -f ${kilobytes}; exec "$@"`, "bash"];
        const ended = await ran(args(own), { through });
        if (ended.status !== 0) saysWhy(ended, "", [1]);
        if (ended.status !== 0) assert.deepEqual(leftBehind(own), [], "half-written output");
        else assert.deepEqual(withoutJournal(visible(own)), withoutJournal(whole), "success, with other bytes");
        assert.deepEqual(leftIn(own), [], "working files are left");
        if (ended.status !== 0) await again(own);
        rmSync(own, { recursive: true });
      });
    for (const kilobytes of [4, 32, 128])
      await onSmallDisk(small, `${name}, ${kilobytes} kB`, { folder, kilobytes }, async (own) => {
        const ended = await ran(args(own), { env: { TMPDIR: own } });
        if (ended.status === 0) return partOf(visible(own), whole);
        saysWhy(ended, "", [1]);
        assert.deepEqual(leftBehind(own), [], "half-written output");
        assert.deepEqual(leftIn(own), [], "working files are left");
      });
    rmSync(first, { recursive: true });
  }
  await onSmallDisk(small, "standard input, 64 kB", { folder, kilobytes: 64 }, async (own) =>
    saysWhy(await ran(["inspect", "-"], { env: { TMPDIR: own }, input: inputs.bytes }), own, [1]),
  );
  await onSmallDisk(small, "over an older report", { folder, kilobytes: 8 }, async (own) => {
    const report = path.join(own, "report.json");
    writeFileSync(report, BEFORE);
    saysWhy(await ran(["analyze", inputs.base, "--format", "json", "--output", report]), report, [1]);
    assert.equal(visible(own)["report.json"], BEFORE.toString("base64"));
  });
  if (existsSync("/dev/full")) await devices(full, inputs);
  else full.leftOut.push("there is no /dev/full here");
  return [limited, small, full];
}

const withoutJournal = (/** @type {Record<string, string>} */ files) =>
  Object.fromEntries(Object.entries(files).filter(([name]) => name !== "journal"));

/** @param {Record<string, string>} found @param {Record<string, string>} whole */
function partOf(found, whole) {
  assert.deepEqual(withoutJournal(found), withoutJournal(whole), "success, with other bytes");
}

/**
 * @param {Attack} attack @param {string} what @param {{ folder: string, kilobytes: number }} size
 * @param {(own: string) => Promise<void>} work
 */
async function onSmallDisk(attack, what, { folder, kilobytes }, work) {
  const own = path.join(folder, "disk");
  mkdirSync(own, { recursive: true });
  if (spawnSync("mount", ["-t", "tmpfs", "-o", `size=${kilobytes}k`, "weightscope", own]).status !== 0) {
    attack.leftOut = ["a file system of our own wants root"];
    return;
  }
  try {
    await attack.case(what, () => work(own));
  } finally {
    spawnSync("umount", ["-l", own]);
  }
}

/** @param {Attack} attack @param {Awaited<ReturnType<typeof import("./attack.mjs").makeInputs>>} inputs */
async function devices(attack, { base, tuned, packed, journal, text }) {
  const commands = [
    ...["table", "json", "csv", "markdown", "html"].map((format) => ["analyze", base, "--format", format]),
    ["inspect", base],
    ["compare", base, tuned],
    ["merge", base, journal],
    ["corpus", text, "--quiet"],
    ["scaling", "--only", "compression"],
    ["compress", base, "--sweep", "1/4", "--evaluate", "wc -c < {}"],
  ];
  for (const command of commands) {
    const what = command.map((word) => path.basename(word)).join(" ");
    await attack.case(`${what} --output`, async () =>
      saysWhy(await ran([...command, "--output", "/dev/full"]), "/dev/full", [1]),
    );
    await attack.case(`${what} as standard output`, async () => {
      const stdout = openSync("/dev/full", "w");
      saysWhy(await ran(command, { stdout }), "standard output", [1]);
      closeSync(stdout);
    });
  }
  for (const command of [
    ["compress", base, "--rank", "4", "--output", "/dev/full"],
    ["restore", packed, "--output", "/dev/full"],
    ["analyze", base, "--journal", "/dev/full"],
    ["compress", base, "--sweep", "1/4", "--evaluate", "wc -c < {}", "--journal", "/dev/full"],
    ["compare", base, tuned, "--rank", "2", "--adapter", "/dev/full"],
  ])
    await attack.case(command.map((word) => path.basename(word)).join(" "), async () =>
      saysWhy(await ran(command), "/dev/full"),
    );
}
