/**
 * Room that text takes where nothing can measure it: a report is written where there is no document. Advance widths of
 * DejaVu Sans, the widest of the usual system fonts, in thousandths of the font's size: what is planned with them is
 * never too narrow elsewhere.
 */
const WIDTHS: readonly (readonly [characters: string, width: number])[] = [
  [" ijlIJ|'’,.·:;/\\", 340],
  ["f-()[]tr!²", 420],
  ['"*_`‖–?szcLFkvxyPTYaeoé', 620],
  ["0123456789bdghnpquESABCRVXZK$σ√{}", 705],
  ["UHNDGOQw#&+<=>^~−±×Σ", 840],
  ["mWM%@…", 1010],
];
const widths = new Map(WIDTHS.flatMap(([characters, width]) => [...characters].map((one) => [one, width] as const)));
/** Of a character that is not listed: an emoji is wider than it is high. */
const OTHER = 1250;

/** Width of a line of text at a font size, px: at most this much. */
export function widthOf(text: string, size: number): number {
  let sum = 0;
  for (const one of text) sum += widths.get(one) ?? OTHER;
  return (sum * size) / 1000;
}

/** The text, or as much of its beginning as the room has, px, with an ellipsis. */
export function fitted(text: string, size: number, room: number): string {
  if (widthOf(text, size) <= room) return text;
  const characters = [...text];
  let left = room - widthOf("…", size);
  let kept = 0;
  while (kept < characters.length && (left -= widthOf(characters[kept], size)) >= 0) kept++;
  return kept === 0 ? "" : `${characters.slice(0, kept).join("").trimEnd()}…`;
}
