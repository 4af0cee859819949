import type { TransitionOptions } from "../types.js";

/** How a text is cut into tokens. */
export type TokenKind = NonNullable<TransitionOptions["tokens"]>;

/** Splits text that arrives in chunks; where the chunks' borders lie never changes the tokens. */
export interface Tokenizer {
  push(chunk: string, take: (token: string | number) => void): void;
  /** What is left once the text, or a part of it that the next one does not continue, has ended. */
  end(take: (token: string | number) => void): void;
}

/** A word of docs/method.md §4: letters, digits and marks, with apostrophes inside. */
const WORD = /[\p{L}\p{N}\p{M}]+(?:['’][\p{L}\p{M}]+)*/gu;
/** Never inside a word, and never composed with what stands before them: text may be cut in front of them. */
const BORDER = /[\p{Z}\p{P}\p{S}\p{Cc}]/u;
/** Characters that may wait for a border; more is no text in words. */
const LONGEST = 1 << 26;

/** The last place in front of which `text` may be cut, searched down to `from`; -1 where there is none. */
function lastBorder(text: string, from: number): number {
  for (let i = text.length - 1; i >= from; i--) {
    const unit = text[i];
    if (unit !== "'" && unit !== "’" && BORDER.test(unit)) return i;
  }
  return -1;
}

/** In front of the last line break, where word segmentation always breaks (UAX 29, WB3a and WB3b). */
function lastLineBreak(text: string, from: number): number {
  const at = text.lastIndexOf("\n");
  if (at < from) return -1;
  return at > 0 && text[at - 1] === "\r" ? at - 1 : at;
}

/** Marks in a row that are put in order together; more are no writing, and would take time by their square. */
const LONG_RUN = /\p{M}{128}/gu;

/** NFC; of marks in a row, 128 at a time. */
function composed(text: string): string {
  if (text.search(LONG_RUN) < 0) return text.normalize("NFC");
  let whole = "";
  let from = 0;
  for (const { index, 0: run } of text.matchAll(LONG_RUN)) {
    whole += text.slice(from, index + run.length).normalize("NFC");
    from = index + run.length;
  }
  return whole + text.slice(from).normalize("NFC");
}

/** Tokens from whole NFC pieces, cut at borders that `border` finds. */
class PieceTokenizer implements Tokenizer {
  /** Joined where a border comes: a long wait costs no more than its length. */
  private waiting: string[] = [];
  private length = 0;

  constructor(
    private readonly border: (text: string, from: number) => number,
    private readonly split: (text: string, take: (token: string) => void) => void,
  ) {}

  push(chunk: string, take: (token: string) => void): void {
    if (chunk === "") return;
    // One unit back, because a carriage return at the end of the last chunk may belong to a line feed.
    const last = this.waiting[this.waiting.length - 1]?.slice(-1) ?? "";
    const at = this.border(last + chunk, 0) - last.length + this.length;
    this.waiting.push(chunk);
    this.length += chunk.length;
    if (at > 0 && at >= this.length - chunk.length - last.length) {
      const text = this.waiting.join("");
      this.split(composed(text.slice(0, at)), take);
      this.waiting = [text.slice(at)];
      this.length -= at;
    } else if (this.length > LONGEST) {
      throw new RangeError(`${this.length} characters without a place to cut the text at: it is not in words`);
    }
  }

  end(take: (token: string) => void): void {
    this.split(composed(this.waiting.join("")), take);
    this.waiting = [];
    this.length = 0;
  }
}

/** Bytes of the text's UTF-8, as numbers. */
class ByteTokenizer implements Tokenizer {
  private readonly encoder = new TextEncoder();
  private waiting = "";

  push(chunk: string, take: (token: number) => void): void {
    const text = this.waiting + chunk;
    const last = text.charCodeAt(text.length - 1);
    const cut = last >= 0xd800 && last < 0xdc00 ? text.length - 1 : text.length;
    this.waiting = text.slice(cut);
    for (const byte of this.encoder.encode(text.slice(0, cut))) take(byte);
  }

  end(take: (token: number) => void): void {
    for (const byte of this.encoder.encode(this.waiting)) take(byte);
    this.waiting = "";
  }
}

function splitWords(text: string, take: (token: string) => void): void {
  for (const [word] of text.matchAll(WORD)) take(word.toLowerCase());
}

function splitCharacters(text: string, take: (token: string) => void): void {
  for (const character of text) take(character);
}

function segmentWords(): (text: string, take: (token: string) => void) => void {
  if (typeof Intl !== "object" || !("Segmenter" in Intl))
    throw new RangeError("this host has no Intl.Segmenter: use words, characters or bytes");
  const segmenter = new Intl.Segmenter("und", { granularity: "word" });
  return (text, take) => {
    for (const { segment, isWordLike } of segmenter.segment(text)) if (isWordLike) take(segment.toLowerCase());
  };
}

/**
 * words: docs/method.md §4, the same in every host. segmenter: the host's Intl.Segmenter, lower-cased, for scripts
 * without spaces. characters: code points of the NFC text, separators included. bytes: of the text's UTF-8.
 * @throws RangeError for any other kind, or where the host has no Intl.Segmenter.
 */
export function createTokenizer(kind: TokenKind): Tokenizer {
  if (kind === "words") return new PieceTokenizer(lastBorder, splitWords);
  if (kind === "segmenter") return new PieceTokenizer(lastLineBreak, segmentWords());
  if (kind === "characters") return new PieceTokenizer(lastBorder, splitCharacters);
  if (kind === "bytes") return new ByteTokenizer();
  throw new RangeError(`tokens must be "words", "segmenter", "characters" or "bytes", not ${JSON.stringify(kind)}`);
}
