import { describe, expect, it } from "vitest";
import { openRaw } from "../../../src/checkpoint/open.js";
import { type Interpreted, interpret } from "../../../src/checkpoint/views/interpreted.js";
import { type BuiltTensor, safetensors } from "../files.js";
import { bitsandbytes4, fp8, gptOss, nvfp4 } from "./packed-floats.js";
import { gptq } from "./packed-integers.js";
import { type Packed, randomly } from "./packing.js";

const opened = async (tensors: BuiltTensor[]): Promise<Interpreted> => interpret(await openRaw(safetensors(tensors)));

describe("companions that do not fit", () => {
  const reasonOf = async (
    { tensors }: Packed,
    change: (tensors: BuiltTensor[]) => BuiltTensor[],
    codes: string,
  ): Promise<string | undefined> => {
    const checkpoint = await opened(change(tensors));
    expect(checkpoint.tensors).toEqual([]);
    expect(checkpoint.asides.size).toBe(change(tensors).length);
    expect(checkpoint.notes.length).toBe(1);
    return checkpoint.asides.get(codes)?.reason;
  };
  const without =
    (end: string) =>
    (tensors: BuiltTensor[]): BuiltTensor[] =>
      tensors.filter(({ name }) => !name.endsWith(end));
  const reshaped =
    (end: string, shape: number[]) =>
    (tensors: BuiltTensor[]): BuiltTensor[] =>
      tensors.map((tensor) =>
        tensor.name.endsWith(end)
          ? {
              ...tensor,
              shape,
              bytes: new Uint8Array(
                (tensor.bytes.byteLength / tensor.shape.reduce((a, b) => a * b, 1)) * shape.reduce((a, b) => a * b, 1),
              ),
            }
          : tensor,
      );
  const one = { bits: 4, rows: 64, columns: 96, group: 32, actOrder: true, zeros: true };
  it("GPTQ", async () => {
    expect(await reasonOf(gptq("a", one, randomly(1)), reshaped(".scales", [3, 60]), "a.qweight")).toBe(
      "GPTQ: scales is 3 × 60 where groups × 64 is wanted",
    );
    expect(await reasonOf(gptq("a", one, randomly(1)), reshaped(".qzeros", [2, 8]), "a.qweight")).toBe(
      "GPTQ-4: qzeros is 2 × 8 where 3 × 8 is wanted",
    );
    expect(await reasonOf(gptq("a", one, randomly(1)), without(".scales"), "a.qweight")).toBe(
      "GPTQ or AWQ: its scales are missing",
    );
  });
  it("bitsandbytes, MXFP4, NVFP4, FP8", async () => {
    expect(await reasonOf(bitsandbytes4("a", 8, 64, 64, false, randomly(1)), without("nf4"), "a.weight")).toMatch(
      "its quant_state is missing",
    );
    expect(
      await reasonOf(bitsandbytes4("a", 8, 64, 64, true, randomly(1)), without(".nested_absmax"), "a.weight"),
    ).toMatch("nested_absmax or nested_quant_map is missing");
    expect(
      await reasonOf(bitsandbytes4("a", 8, 64, 64, false, randomly(1)), reshaped(".absmax", [7]), "a.weight"),
    ).toBe("bitsandbytes NF4: absmax is 7 where 8 is wanted");
    expect(await reasonOf(gptOss("a", 3, 10, 64, randomly(1)), without("_scales"), "a_blocks")).toBe(
      "MXFP4: its scales are missing",
    );
    expect(
      await reasonOf(nvfp4("a", "compressed-tensors", 4, 32, randomly(1)), without("global_scale"), "a.weight_packed"),
    ).toBe("NVFP4: its weight_global_scale is missing");
    expect(
      await reasonOf(
        fp8("a.weight", "a.weight_scale_inv", [200, 300], [7, 11], [128, 128], randomly(1)),
        (tensors) => tensors,
        "a.weight",
      ),
    ).toMatch("weight_scale_inv is 7 × 11 where");
  });
  it("a group out of range ends in one line", async () => {
    const { tensors } = gptq("a", one, randomly(1));
    const wrong = tensors.map((tensor) =>
      tensor.name === "a.g_idx" ? { ...tensor, bytes: new Int32Array(96).fill(3) } : tensor,
    );
    const checkpoint = await opened(wrong);
    await expect(checkpoint.readBytes(checkpoint.tensors[0], 0, 4)).rejects.toMatchObject({
      code: "bad-companion",
      message: 'bytes: tensor "a.g_idx": group 3 of input 0, where there are 3 groups',
    });
  });
});
