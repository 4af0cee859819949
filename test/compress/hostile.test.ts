import { beforeAll, describe, expect, it } from "vitest";
import { openCheckpoint } from "../../src/checkpoint/open.js";
import { compress } from "../../src/compress/compress.js";
import { restore } from "../../src/compress/restore.js";
import { safetensors, safetensorsOf } from "../checkpoint/files.js";
import { headerOf, jsonOf, taken } from "./files.js";

type Header = Record<string, { dtype: string; shape: number[]; data_offsets: [number, number] }> & {
  __metadata__: Record<string, string>;
};

let packed: Buffer;
let source: Buffer;
beforeAll(async () => {
  const values = Float32Array.from({ length: 600 }, (_, i) => Math.sin(i) + (i % 7));
  const tensors = [
    { name: "layers.0.up", dtype: "F32", shape: [20, 30], bytes: values },
    { name: "bias", dtype: "F32", shape: [3], bytes: Float32Array.of(1, 2, 3) },
  ];
  source = Buffer.from(safetensors(tensors, { format: "pt" }));
  const order = { method: "gaussian", keep: { gaussians: 4 }, order: "leading" } as const;
  packed = (await taken(compress(source, order))).files[0].bytes;
});

/** The compressed file with another header over the same data. */
function altered(change: (header: Header) => void): Buffer {
  const header = jsonOf(packed) as Header;
  change(header);
  return Buffer.from(safetensorsOf(JSON.stringify(header), new Uint8Array(packed.subarray(headerOf(packed).length))));
}

async function refused(bytes: Buffer, code: string, message: RegExp): Promise<void> {
  const error = expect.objectContaining({ name: "CheckpointError", code, message: expect.stringMatching(message) });
  await expect(openCheckpoint(bytes)).rejects.toEqual(error);
  await expect(taken(restore(bytes))).rejects.toEqual(error);
}

const entry = (header: Header): Record<string, unknown> => JSON.parse(header.__metadata__["weightscope.tensors"]);
const withEntry =
  (change: (entry: Record<string, unknown>) => void) =>
  (header: Header): void => {
    const all = entry(header) as Record<string, Record<string, unknown>>;
    change(all["layers.0.up"]);
    header.__metadata__["weightscope.tensors"] = JSON.stringify(all);
  };

describe("what a compressed file says of itself", () => {
  it("is refused in one line where it is another layout, no JSON, or no entry of layout 1", async () => {
    const meta = (key: string, text: string) => (header: Header) => {
      header.__metadata__[`weightscope.${key}`] = text;
    };
    await refused(altered(meta("layout", "2")), "unsupported-version", /layout "2"; layout 1 is read/);
    await refused(altered(meta("tensors", "{")), "invalid-metadata", /weightscope.tensors is not valid/);
    await refused(altered(meta("tensors", '{"x":3}')), "invalid-metadata", /"x": weightscope.tensors: no object/);
    for (const [key, value] of [
      ["method", "magic"],
      ["dtype", 3],
      ["shape", [20]],
      ["shape", [20, -1]],
      ["K", 1.5],
      ["bits", 3],
    ] as const) {
      await refused(
        altered(
          withEntry((one) => {
            one[key] = value;
          }),
        ),
        "invalid-metadata",
        /layers\.0\.up/,
      );
    }
    await refused(
      altered(
        withEntry((one) => {
          one.width = 0;
        }),
      ),
      "invalid-metadata",
      /width must be above 0/,
    );
    await refused(
      altered(
        withEntry((one) => {
          one.transposed = "no";
        }),
      ),
      "invalid-metadata",
      /transposed/,
    );
  });

  it("is refused where it does not fit the tensors or the original's header", async () => {
    await refused(
      altered(
        withEntry((one) => {
          one.shape = [30, 20];
        }),
      ),
      "invalid-metadata",
      /in the original's header/,
    );
    await refused(
      altered(
        withEntry((one) => {
          one.K = 5;
        }),
      ),
      "invalid-metadata",
      /amplitudes/,
    );
    await refused(
      altered(
        withEntry((one) => {
          one.bits = 8;
        }),
      ),
      "invalid-metadata",
      /amplitudes/,
    );
    await refused(
      altered((header) => {
        header.__metadata__["weightscope.tensors"] = JSON.stringify({
          ...entry(header),
          other: entry(header)["layers.0.up"],
        });
      }),
      "invalid-metadata",
      /"other": is not in the original's header/,
    );
    await refused(
      altered((header) => {
        header.bystander = header.bias;
        delete (header as Record<string, unknown>).bias;
      }),
      "missing-tensor",
      /"bias"/,
    );
    await refused(
      altered((header) => {
        header["weightscope.other"] = header["weightscope.header"];
        delete (header as Record<string, unknown>)["weightscope.header"];
      }),
      "invalid-metadata",
      /without weightscope.header/,
    );
  });

  it("is refused where an order is none, when rows are read", async () => {
    const bytes = Buffer.from(packed);
    const [start] = (jsonOf(packed) as Header)["layers.0.up.order"].data_offsets;
    bytes.writeInt32LE(77, headerOf(packed).length + start);
    const checkpoint = await openCheckpoint(bytes);
    const tensor = checkpoint.tensors.find(({ name }) => name === "layers.0.up")!;
    await expect(checkpoint.readRows(tensor, 0, 1)).rejects.toMatchObject({ code: "invalid-metadata" });
    await expect(taken(restore(bytes))).rejects.toMatchObject({ code: "invalid-metadata" });
  });

  it("is cut: every length of the header is refused, and so is a file without its last byte", async () => {
    const length = headerOf(packed).length;
    for (let cut = 0; cut < length; cut += 13) {
      await expect(openCheckpoint(packed.subarray(0, cut))).rejects.toMatchObject({ name: "CheckpointError" });
    }
    await expect(openCheckpoint(packed.subarray(0, packed.length - 1))).rejects.toMatchObject({ code: "truncated" });
  });

  it("is not there: nothing to restore; compressed twice: refused", async () => {
    await expect(taken(restore(source))).rejects.toMatchObject({ code: "not-compressed" });
    await expect(taken(compress(packed, {}))).rejects.toMatchObject({ code: "already-compressed" });
  });
});

describe("options", () => {
  it("are refused in words where they are out of range or do not go together", async () => {
    for (const [options, message] of [
      [{ keep: { budget: 0 } }, /budget must be above 0/],
      [{ keep: { energy: 1.5 } }, /energy/],
      [{ keep: { rank: 0 } }, /rank/],
      [{ keep: { gaussians: 8 } }, /method gaussian/],
      [{ method: "gaussian", keep: { rank: 8 } }, /method singular/],
      [{ method: "gaussian", keep: "signal" }, /not for Gaussians/],
      [{ order: "path" }, /order/],
      [{ allocate: "energy" }, /needs the method singular and a budget or an energy/],
      [{ factors: "q3" }, /factors/],
      [{ memory: 10 }, /memory: 10 bytes hold no row of "layers\.0\.up"/],
    ] as const) {
      await expect(taken(compress(source, options as object))).rejects.toThrow(message);
    }
  });

  it("an abort ends the work with its reason, and files that are not read to the end leave no report", async () => {
    const controller = new AbortController();
    controller.abort(new Error("enough"));
    await expect(taken(compress(source, { signal: controller.signal }))).rejects.toThrow("enough");
    const { files, report } = compress(source, { keep: { rank: 2 } });
    for await (const { bytes } of files) {
      await bytes.cancel();
      break;
    }
    await expect(report).rejects.toThrow("not read to the end");
  });
});
