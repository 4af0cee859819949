import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

/** Pixels, three bytes each, row by row. */
export interface Pixels {
  width: number;
  height: number;
  rgb: Uint8Array;
}

/** Whether the programs that draw files outside a browser are here: librsvg's and poppler's. */
export const canRasterise = ["/usr/bin/rsvg-convert", "/usr/bin/pdftoppm"].every((program) => existsSync(program));

/** One page of a PDF, or an SVG file (by way of librsvg's own PDF), at so many dots an inch. */
export function rasterise(kind: "svg" | "pdf", content: string | Uint8Array, dots: number, page = 1): Pixels {
  const folder = mkdtempSync(path.join(tmpdir(), "weightscope-raster-"));
  try {
    const at = (name: string): string => path.join(folder, name);
    writeFileSync(at(`given.${kind}`), content);
    if (kind === "svg") execFileSync("rsvg-convert", ["-f", "pdf", "-o", at("given.pdf"), at("given.svg")]);
    execFileSync(
      "pdftoppm",
      ["-r", String(dots), "-f", String(page), "-l", String(page), at("given.pdf"), at("page")],
      {
        stdio: "ignore",
      },
    );
    const digits = String(pagesOf(at("given.pdf"))).length;
    return readPpm(readFileSync(at(`page-${String(page).padStart(digits, "0")}.ppm`)));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const pagesOf = (file: string): number =>
  Number(/^Pages:\s+(\d+)/m.exec(execFileSync("pdfinfo", [file], { encoding: "utf8" }))![1]);

function readPpm(bytes: Uint8Array): Pixels {
  const head = /^P6\s+(\d+)\s+(\d+)\s+255\s/.exec(Buffer.from(bytes.subarray(0, 40)).toString("latin1"))!;
  return { width: Number(head[1]), height: Number(head[2]), rgb: bytes.subarray(head[0].length) };
}

/** How many pixels are of a colour (`#rrggbb`), within a little. */
export function pixelsOf({ rgb }: Pixels, colour: string): number {
  const wanted = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
  let found = 0;
  for (let i = 0; i < rgb.length; i += 3)
    if (wanted.every((value, channel) => Math.abs(rgb[i + channel] - value) <= 24)) found++;
  return found;
}
