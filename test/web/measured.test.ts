import { describe, expect, it } from "vitest";
import type { SweepMethod, SweepReport, SweepRow } from "../../src/compress/sweep.js";
import { holdsAt, sweepReport, withMeasured, withoutSweep } from "../../src/web/measured.js";

const row = (method: SweepMethod, bits: number, value: number | null, part: string | null = null): SweepRow => ({
  part,
  method,
  asked: "1/4",
  weights: 100,
  numbers: 10,
  bits: bits * 100,
  bitsOfSource: 1600,
  energy: 0.9,
  value,
});
const sweep = (...rows: SweepRow[]): SweepReport => ({
  schemaVersion: 1,
  source: { name: "m.safetensors", format: "safetensors", byteLength: 1234 },
  options: {},
  command: "evaluate {}",
  parts: [],
  rows,
});
const told = (...rows: SweepRow[]) => holdsAt({ file: "sweep.json", report: sweep(...rows) });

describe("where the function holds", () => {
  it("is the fewest bits whose value changes by at most one in a hundred", () => {
    expect(
      told(row("none", 16, 2), row("singular", 2, 3), row("singular", 4, 2.019), row("singular", 8, 2.001)),
    ).toEqual({
      value: "4.00 bits, value within 1 %",
      about: "evaluate {}: 2.0000 as it is, 2.0190 at 4.00 bits a weight (singular, 1/4; 0.95 % off). From sweep.json.",
    });
  });

  it("is nowhere where all changed by more, and says the nearest", () => {
    const found = told(row("none", 16, 2), row("singular", 2, 5), row("gaussian", 4, 2.5), row("rounding", 3, null));
    expect(found?.value).toBe("none of 2 measured within 1 %");
    expect(found?.about).toContain("2.5000 at 4.00 bits");
  });

  it("is not said of parts, nor without the checkpoint as it is", () => {
    expect(told(row("none", 16, 2), row("singular", 2, 2, "layer 1"))).toBeNull();
    expect(told(row("singular", 2, 2))).toBeNull();
    expect(told(row("none", 16, null), row("singular", 2, 2))).toBeNull();
  });

  it("stands behind the tiles of the signal of the file whose size and format it names", () => {
    const tiles = ["a", "b", "c", "d", "e"].map((term): [string, string] => [term, "1"]);
    const measured = { file: "s.json", report: sweep(row("none", 16, 2), row("singular", 4, 2)) };
    const open = { format: "safetensors", byteLength: 1234 };
    const found = withMeasured(tiles, measured, open);
    expect(found.tiles.map(([term]) => term)).toEqual(["a", "b", "c", "d", "Function holds at", "e"]);
    expect(found.said).toMatch(/From s\.json\.$/);
    expect(withMeasured(tiles, measured, { ...open, byteLength: 1235 })).toEqual({
      tiles,
      said: "s.json was measured of m.safetensors, which is another file than this one.",
    });
    expect(withMeasured(tiles, { ...measured, report: sweep() }, open).said).toMatch(/^s\.json has no value/);
    for (const [one, other] of [
      [null, open],
      [measured, null],
    ] as const)
      expect(withMeasured(tiles, one, other)).toEqual({ tiles, said: "" });
  });

  it("is told from other files by the sweep's shape", async () => {
    const good = sweep(row("none", 16, 2));
    expect(sweepReport(JSON.parse(JSON.stringify(good)))).toEqual(good);
    for (const wrong of [null, [], {}, { ...good, rows: [{}] }, { ...good, source: null }, { ...good, command: 1 }])
      expect(sweepReport(wrong)).toBeNull();
    const file = (name: string, text: string): File => new File([text], name);
    const [index, model, own] = [
      file("model.safetensors.index.json", '{"weight_map":{}}'),
      file("m.safetensors", JSON.stringify(good)),
      file("sweep.json", JSON.stringify(good)),
    ];
    const found = await withoutSweep([index, own, model, file("broken.json", "{")]);
    expect(found.files.map(({ name }) => name)).toEqual([
      "model.safetensors.index.json",
      "m.safetensors",
      "broken.json",
    ]);
    expect(found.sweep).toEqual({ file: "sweep.json", report: good });
  });
});
