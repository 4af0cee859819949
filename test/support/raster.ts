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

/** Runs one of poppler's programs on a PDF; what it prints. */
function poppler(program: string, options: string[], pdf: Uint8Array): string {
  const folder = mkdtempSync(path.join(tmpdir(), "weightscope-pdf-"));
  try {
    const file = path.join(folder, "given.pdf");
    writeFileSync(file, pdf);
    return execFileSync(program, [...options, file, ...(program === "pdftotext" ? ["-"] : [])], { encoding: "utf8" });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** How many sheets a PDF has. */
export const sheetsOf = (pdf: Uint8Array): number => Number(/^Pages:\s+(\d+)/m.exec(poppler("pdfinfo", [], pdf))![1]);

/** The lines of a PDF as they lie on its sheets. */
export const linesOf = (pdf: Uint8Array): string[] => poppler("pdftotext", ["-layout"], pdf).split(/[\n\f]/);

/** A word of a PDF with its ends, in points, its sheet from 1, and that sheet's width. */
interface Word {
  text: string;
  left: number;
  right: number;
  /** Of its line. */
  height: number;
  sheet: number;
  width: number;
}

const WORD = /<page width="([\d.]+)|xMin="([-\d.]+)" yMin="([-\d.]+)" xMax="([-\d.]+)" yMax="([-\d.]+)">(.*)<\/word/g;

/** Each word of a PDF. */
export function wordsOf(pdf: Uint8Array): Word[] {
  let [sheet, width] = [0, 0];
  return [...poppler("pdftotext", ["-bbox"], pdf).matchAll(WORD)].flatMap(([, page, ...word]) => {
    const [left, top, right, bottom] = word.map(Number);
    if (page === undefined) return [{ text: word[4], left, right, height: bottom - top, sheet, width }];
    sheet++;
    width = Number(page);
    return [];
  });
}
