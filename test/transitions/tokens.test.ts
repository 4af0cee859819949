import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createTokenizer, type TokenKind } from "../../src/transitions/tokens.js";

function tokensOf(kind: TokenKind, ...chunks: string[]): (string | number)[] {
  const tokens: (string | number)[] = [];
  const tokenizer = createTokenizer(kind);
  const take = (token: string | number): void => {
    tokens.push(token);
  };
  for (const chunk of chunks) tokenizer.push(chunk, take);
  tokenizer.end(take);
  return tokens;
}

describe("words", () => {
  it("are letters, digits and marks, with apostrophes inside, lower-cased in NFC", () => {
    expect(tokensOf("words", "Don't stop—the ’90s rock'n'roll, O’Brien's 3.14 don''t 'quoted'")).toEqual([
      "don't",
      "stop",
      "the",
      "90s",
      "rock'n'roll",
      "o’brien's",
      "3",
      "14",
      "don",
      "t",
      "quoted",
    ]);
    expect(tokensOf("words", "E\u0301TE\u0301")).toEqual(["\u00e9t\u00e9"]);
    expect(tokensOf("words", "ΟΔΟΣ")).toEqual(["οδος".replace(/σ$/, "ς")]);
    expect(tokensOf("words", "世界 привет мир x1 '1 a'1")).toEqual(["世界", "привет", "мир", "x1", "1", "a", "1"]);
    expect(tokensOf("words", "")).toEqual([]);
    expect(tokensOf("words", " \n—…")).toEqual([]);
  });
});

describe("other tokens", () => {
  it("are segments, characters and bytes", () => {
    expect(tokensOf("segmenter", "Hello, world")).toEqual(["hello", "world"]);
    expect(tokensOf("segmenter", "你好世界").length).toBeLessThan(4);
    expect(tokensOf("characters", "Ae\u0301 😀")).toEqual(["A", "é", " ", "😀"]);
    expect(tokensOf("bytes", "aé😀")).toEqual([...new TextEncoder().encode("aé😀")]);
    expect(() => createTokenizer("lines" as TokenKind)).toThrow(RangeError);
  });
});

describe("chunks", () => {
  // Whatever composes, joins words or is cut badly: marks, jamo, apostrophes, surrogates, line ends.
  const tricky = [
    "a",
    "B",
    "é",
    "e\u0301",
    "\u0301",
    "\u0327",
    "'",
    "’",
    " ",
    "\n",
    "\r",
    "\r\n",
    ".",
    "=",
    "\u0338",
    "\u1100",
    "\u1161",
    "\u11a8",
    "가",
    "9",
    "😀",
    "\ud83d",
    "\ude00",
    "क",
    "ि",
    "\u09c7",
    "\u09be",
    "ω\u0345",
    "世",
    "界",
    "\u00a0",
    "\u2126",
    "\u037e",
    "Σ",
    "\0",
    "\u200d",
  ];
  it("never change the tokens, wherever they are cut", () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...tricky), { maxLength: 40 }),
        fc.array(fc.nat(60), { maxLength: 10 }),
        fc.constantFrom("words", "segmenter", "characters", "bytes"),
        (parts, cuts, kind) => {
          const text = parts.join("");
          const borders = [...new Set([0, ...cuts.map((cut) => Math.min(cut, text.length)), text.length])].sort(
            (a, b) => a - b,
          );
          const chunks = borders.slice(1).map((end, i) => text.slice(borders[i], end));
          expect(tokensOf(kind, ...chunks)).toEqual(tokensOf(kind, text));
          expect(tokensOf(kind, ...text.split(""))).toEqual(tokensOf(kind, text));
          const whole = text.normalize("NFC");
          if (kind === "words")
            expect(tokensOf(kind, text)).toEqual(
              Array.from(whole.matchAll(/[\p{L}\p{N}\p{M}]+(?:['’][\p{L}\p{M}]+)*/gu), ([word]) => word.toLowerCase()),
            );
          if (kind === "characters") expect(tokensOf(kind, text)).toEqual([...whole]);
          if (kind === "bytes") expect(tokensOf(kind, text)).toEqual([...new TextEncoder().encode(text)]);
        },
      ),
      { numRuns: 2000 },
    );
  });
});
