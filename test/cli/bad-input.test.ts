import { closeSync, ftruncateSync, mkdirSync, openSync, readFileSync, writeFileSync, writeSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { safetensors, safetensorsOf } from "../checkpoint/files.js";
import { example, f32, folder, noise, run, small } from "./run.js";

const place = folder();
const file = (name: string, bytes: Uint8Array | string): string => {
  const full = path.join(place, name);
  writeFileSync(full, bytes);
  return full;
};
const entry = (fields: Record<string, unknown>) =>
  JSON.stringify({ "a.weight": { dtype: "F32", shape: [2, 2], data_offsets: [0, 16], ...fields } });
const bytes16 = new Uint8Array(16);

/** name → file, what its one line must name. */
const malformed: Record<string, () => { source: string; says: RegExp }> = {
  "a missing file": () => ({
    source: path.join(place, "missing.safetensors"),
    says: /missing\.safetensors: no such file/,
  }),
  "a directory without a checkpoint": () => {
    mkdirSync(path.join(place, "empty"), { recursive: true });
    return { source: path.join(place, "empty"), says: /empty/ };
  },
  "an empty file": () => ({ source: file("nothing.safetensors", ""), says: /nothing\.safetensors/ }),
  "a file cut in its data": () => ({
    source: file("cut.safetensors", readFileSync(example).subarray(0, 3_000_000)),
    says: /cut\.safetensors: tensor ".+".*bytes \d+/,
  }),
  "a file cut in its header": () => ({
    source: file("head.safetensors", readFileSync(example).subarray(0, 1000)),
    says: /head\.safetensors: .*header/,
  }),
  "a header longer than the file": () => ({
    source: file("long.safetensors", new Uint8Array([255, 255, 0, 0, 0, 0, 0, 0, 123, 125])),
    says: /long\.safetensors: .*header/,
  }),
  "a header longer than 100 MB": () => {
    const full = path.join(place, "huge.safetensors");
    const handle = openSync(full, "w");
    const length = Buffer.alloc(9);
    length.writeBigUInt64LE(150_000_000n);
    length[8] = 123;
    writeSync(handle, length);
    ftruncateSync(handle, 200_000_000);
    closeSync(handle);
    return { source: full, says: /huge\.safetensors: .*header.*150000000/ };
  },
  "overlapping tensors": () => ({
    source: file(
      "overlap.safetensors",
      safetensorsOf(
        JSON.stringify({
          a: { dtype: "F32", shape: [2, 2], data_offsets: [0, 16] },
          b: { dtype: "F32", shape: [2, 2], data_offsets: [8, 24] },
        }),
        new Uint8Array(24),
      ),
    ),
    says: /overlap\.safetensors: tensor "b"/,
  }),
  "offsets out of range": () => ({
    source: file("range.safetensors", safetensorsOf(entry({ shape: [4, 4], data_offsets: [0, 64] }), bytes16)),
    says: /range\.safetensors: .*(64|tensor "a\.weight")/,
  }),
  "reversed offsets": () => ({
    source: file("reversed.safetensors", safetensorsOf(entry({ data_offsets: [16, 0] }), bytes16)),
    says: /reversed\.safetensors: tensor "a\.weight"/,
  }),
  "an unknown type": () => ({
    source: file("dtype.safetensors", safetensorsOf(entry({ dtype: "F33" }), bytes16)),
    says: /dtype\.safetensors: tensor "a\.weight".*F33/,
  }),
  "a header that is no JSON": () => ({
    source: file("json.safetensors", safetensorsOf("{not json}")),
    says: /json\.safetensors/,
  }),
  "a pickle": () => ({
    source: file("model.pt", new Uint8Array([0x50, 0x4b, 3, 4, ...new Uint8Array(60)])),
    says: /model\.pt/,
  }),
};

describe.each(Object.entries(malformed))("%s", (_, make) => {
  it.each(["analyze", "inspect"])("%s says it in one line, status 1, and prints nothing else", async (command) => {
    const { source, says } = make();
    const { status, stdout, stderr } = await run([command, source]);
    expect(stdout).toBe("");
    expect(stderr).toMatch(/^weightscope: [^\n]+\n$/);
    expect(stderr).toMatch(says);
    expect(stderr).not.toMatch(/\bat \S+:\d+/);
    expect(status).toBe(1);
  });
});

describe("--debug", () => {
  it("adds the stack", async () => {
    const { stderr, status } = await run(["analyze", path.join(place, "missing"), "--debug"]);
    expect(stderr).toMatch(/^weightscope: .*no such file[^\n]*\nCheckpointError: [\s\S]*\n +at /);
    expect(status).toBe(1);
  });
});

/** Wrong command lines: the words after `weightscope`, what the one line says. */
const wrong: [args: string[], says: RegExp][] = [
  [[], /a command is needed/],
  [["anlyze", "x"], /unknown command anlyze \(did you mean analyze\?\)/],
  [["zzzz"], /unknown command zzzz; weightscope --help lists them/],
  [["--hlep"], /unknown option --hlep \(did you mean --help\?\)/],
  [["model.safetensors"], /did you mean analyze model\.safetensors\?/],
  [["analyze"], /analyze needs SOURCE/],
  [["analyze", "x", "--gausians", "8"], /unknown option --gausians \(did you mean --gaussians\?\)/],
  [["analyze", "x", "--perm", "8"], /unknown option --perm \(did you mean --permutations\?\)/],
  [["analyze", "x", "--qqqqqqqqq"], /unknown option --qqqqqqqqq$/],
  [["analyze", "x", "-z"], /unknown option -z/],
  [["analyze", "x", "--svd=yes"], /--svd takes no value/],
  [["analyze", "x", "--width"], /--width needs a value, X/],
  [["analyze", "x", "--include", "--svd"], /--include needs a value, RE/],
  [["analyze", "x", "--include", "("], /--include is not a regular expression: "\(": Unterminated group/],
  [["analyze", "x", "--exclude", "[z-a]"], /--exclude is not a regular expression/],
  [["analyze", "x", "--transpose", "*"], /--transpose is not a regular expression/],
  [["analyze", "x", "--gaussians", "0"], /--gaussians takes a whole number of at least 1, not "0"/],
  [["analyze", "x", "--gaussians", "-3"], /--gaussians takes .*not "-3"/],
  [["analyze", "x", "--gaussians", "8,NaN"], /--gaussians takes .*not "NaN"/],
  [["analyze", "x", "--gaussians", "2.5"], /--gaussians takes .*not "2\.5"/],
  [["analyze", "x", "--gaussians", "d/0"], /--gaussians takes .*not "d\/0"/],
  [["analyze", "x", "--gaussians", ""], /--gaussians takes/],
  [["analyze", "x", "--width", "0"], /--width takes a number above 0, not "0"/],
  [["analyze", "x", "--width", "-1"], /--width takes a number above 0, not "-1"/],
  [["analyze", "x", "--width", "NaN"], /--width takes a number above 0, not "NaN"/],
  [["analyze", "x", "--width", "Infinity"], /--width takes a number above 0, not "Infinity"/],
  [["analyze", "x", "--width", "1e999"], /--width takes a number/],
  [["analyze", "x", "--width", "0x10"], /--width takes a number/],
  [["analyze", "x", "--energy", "1.5"], /--energy takes a number above 0 and up to 1/],
  [["analyze", "x", "--tolerance", "0"], /--tolerance takes a number above 0/],
  [["analyze", "x", "--permutations", "1"], /--permutations takes a whole number of at least 2/],
  [["analyze", "x", "--participation", "powr"], /takes auto, exact or power, not "powr" \(did you mean power\?\)/],
  [["analyze", "x", "--sort", "nrom"], /\(did you mean norm\?\)/],
  [["analyze", "x", "--top", "0"], /--top takes a whole number of at least 1/],
  [["analyze", "x", "--threads", "0"], /--threads takes a whole number/],
  [["analyze", "x", "--memory", "none"], /--memory takes a number/],
  [["analyze", "x", "--seed", "1.5"], /--seed takes a whole number/],
  [
    ["analyze", "x", "--format", "jsn"],
    /--format takes table, json, csv, markdown or html, not "jsn" \(did you mean json\?\)/,
  ],
  [["analyze", "-", "-"], /standard input can be read only once/],
  [["inspect", "x", "--svd"], /unknown option --svd/],
  [["analyze", "x", "--\u001b[31m"], /unknown option --\\u\{1b\}\[31m/],
];

describe("a wrong command line", () => {
  it.each(wrong)("%j", async (args, says) => {
    const { status, stdout, stderr } = await run(args);
    expect(stdout).toBe("");
    expect(stderr).toMatch(/^weightscope: [^\n\u001b]+\n$/);
    expect(stderr.trimEnd()).toMatch(says);
    expect(status).toBe(2);
  });
});

describe("weights that are not finite", () => {
  it("are counted, and have no figures", async () => {
    const values = noise(64 * 32);
    values[7] = NaN;
    values[8] = Infinity;
    const source = file(
      "nan.safetensors",
      safetensors([
        f32("h.0.attn.c_attn.weight", [64, 32], values),
        f32("h.0.mlp.c_fc.weight", [64, 32]),
        f32("zero.weight", [40, 40], new Float32Array(1600)),
      ]),
    );
    const table = await run(["analyze", source]);
    expect(table.status).toBe(0);
    expect(table.stdout).toContain("2 of 2,048 weights are NaN or infinite: no participation ratio, no fit");
    expect(table.stdout).toContain("all weights are zero: no participation ratio, no fit");
    for (const format of ["table", "csv", "markdown", "json"]) {
      const { stdout } = await run(["analyze", source, "--format", format, "--null", "--svd"]);
      expect(stdout.replace("are NaN or infinite", "")).not.toMatch(/NaN|Infinity|undefined/);
    }
    const report = JSON.parse((await run(["analyze", source, "--format", "json"])).stdout);
    const broken = report.matrices.find((matrix: { name: string }) => matrix.name === "h.0.attn.c_attn.weight");
    expect(broken.norms.nonFinite).toBe(2);
    expect(broken.participation).toBeNull();
    expect(broken.gaussian).toEqual([]);
  });
});

describe("nothing to analyze", () => {
  it("is an empty report, a note and status 0", async () => {
    const source = file("vectors.safetensors", safetensors([f32("norm.weight", [32])]));
    const { status, stdout, stderr } = await run(["analyze", source]);
    expect(status).toBe(0);
    expect(stderr).toMatch(/^weightscope: .*vectors\.safetensors: no matrices to analyze, 1 tensor was skipped\n$/);
    expect(stdout).toContain("0 matrices");
    const quiet = await run(["analyze", source, "--quiet", "--format", "json"]);
    expect(quiet.stderr).toBe("");
    expect(JSON.parse(quiet.stdout).matrices).toEqual([]);
  });

  it("also where a filter leaves none", async () => {
    const { status, stderr } = await run([
      "analyze",
      file("small.safetensors", small()),
      "--include",
      "nothing_like_it",
    ]);
    expect(status).toBe(0);
    expect(stderr).toMatch(/no matrices/);
  });
});

describe("K above the columns", () => {
  it("is taken as the columns, and said", async () => {
    const { stdout, status } = await run([
      "analyze",
      file("clamp.safetensors", small()),
      "--gaussians",
      "1000",
      "--format",
      "json",
    ]);
    expect(status).toBe(0);
    for (const matrix of JSON.parse(stdout).matrices)
      expect(matrix.gaussian[0]).toMatchObject({ asked: "1000", gaussians: 32 });
  });
});

describe("too little memory", () => {
  it("says how much would do", async () => {
    const source = file("wide.safetensors", safetensors([f32("wide.weight", [2, 600_000])]));
    const { status, stdout, stderr } = await run(["analyze", source, "--memory", "0.5"]);
    expect(status).toBe(1);
    expect(stdout).toBe("");
    expect(stderr).toMatch(/^weightscope: [^\n]*wide\.weight[^\n]*least[^\n]*\n$/);
  });
});
