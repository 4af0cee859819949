import { quoted } from "../base/printable.js";
import { checkedSource } from "../bytes/source.js";
import type { Location, Source } from "../host/contract.js";
import { OpenedCheckpoint, type RawCheckpoint, type StoredTensor } from "./checkpoint.js";
import { malformed } from "./fail.js";
import { type GgufHeader, readGguf } from "./formats/gguf.js";

/** Parts are numbered in their names from 1: model-00001-of-00003.gguf. In their metadata, from 0. */
const partName = /^(.*-)(\d{5})(-of-)(\d{5})(\.gguf)$/i;
const MAXIMUM_PARTS = 1000;

/**
 * A GGUF file, or all parts of one that was split: whichever part is named, its neighbours are opened with it.
 * `location` is absent for a Blob or bytes, which have no neighbours: a part of several is then refused.
 */
export async function openGguf(
  source: Source,
  location: Location | null,
  signal?: AbortSignal,
): Promise<RawCheckpoint> {
  const header = await readGguf(source, signal);
  // Parts put together again say 0.
  const parts = header.metadata["split.count"] || 1;
  if (parts === 1)
    return new OpenedCheckpoint({
      name: source.name,
      format: "gguf",
      byteLength: source.byteLength,
      metadata: header.metadata,
      tensors: header.tensors,
      files: [source],
    });
  if (typeof parts !== "number" || !(parts >= 1 && parts <= MAXIMUM_PARTS))
    throw malformed(
      "invalid-split",
      source.name,
      `split.count is ${typeof parts === "number" ? parts : "not a number"}; it may be 1 to ${MAXIMUM_PARTS}`,
    );
  const match = partName.exec(source.name);
  if (!match || Number(match[4]) !== parts)
    throw malformed(
      "invalid-split",
      source.name,
      `one of ${parts} parts, but its name does not say which (…-00001-of-${String(parts).padStart(5, "0")}.gguf)`,
    );
  if (!location)
    throw malformed(
      "invalid-split",
      source.name,
      `one of ${parts} parts, and the others cannot be reached from here: open it by its path or URL`,
    );

  const named = Number(match[2]) - 1;
  const sources: Source[] = [];
  const headers: GgufHeader[] = [];
  try {
    for (let i = 0; i < parts; i++) {
      if (i === named) {
        sources[i] = source;
        headers[i] = header;
        continue;
      }
      const name = `${match[1]}${String(i + 1).padStart(5, "0")}${match[3]}${match[4]}${match[5]}`;
      sources[i] = checkedSource(await location.sibling(name).open(signal));
      headers[i] = await readGguf(sources[i], signal);
    }
    return assemble(sources, headers, parts);
  } catch (error) {
    await Promise.all(sources.map((part) => part?.close?.()));
    throw error;
  }
}

function assemble(sources: Source[], headers: GgufHeader[], parts: number): RawCheckpoint {
  const tensors: StoredTensor[] = [];
  const seen = new Set<string>();
  headers.forEach(({ metadata }, i) => {
    if (metadata["split.no"] !== i || metadata["split.count"] !== parts)
      throw malformed(
        "invalid-split",
        sources[i].name,
        `its metadata call it part ${Number(metadata["split.no"]) + 1} of ` +
          `${String(metadata["split.count"]).slice(0, 20)}`,
      );
    for (const tensor of headers[i].tensors) {
      if (seen.has(tensor.info.name))
        throw malformed(
          "duplicate-tensor",
          sources[i].name,
          `an earlier part has a tensor ${quoted(tensor.info.name)} too`,
          { tensor: tensor.info.name },
        );
      seen.add(tensor.info.name);
      tensors.push(tensor);
    }
  });
  const claimed = headers[0].metadata["split.tensors.count"];
  if (claimed !== undefined && claimed !== tensors.length)
    throw malformed(
      "invalid-split",
      sources[0].name,
      `split.tensors.count is ${String(claimed).slice(0, 20)}, the parts hold ${tensors.length} tensors`,
    );
  const byteLength = sources.reduce((sum, part) => sum + part.byteLength, 0);
  const [{ name }] = sources;
  const [{ metadata }] = headers;
  return new OpenedCheckpoint({ name, format: "gguf", byteLength, metadata, tensors, files: sources });
}
