/**
 * A value as Python's `repr` writes it: what the header of a .npy file is. Tuples and lists both become arrays,
 * integers bigints.
 */
export type Literal = string | bigint | boolean | null | Literal[] | Map<string, Literal>;

/** A text that is no literal of Python, or one nested too deep. */
export class LiteralError extends Error {}

const MAXIMUM_DEPTH = 16;

/**
 * A literal of Python as npy headers hold them: dictionaries, tuples, lists, strings, integers, True, False and None;
 * nothing is evaluated. Throws LiteralError.
 */
export function parseLiteral(text: string): Literal {
  const parser = new Parser(text);
  const value = parser.value(0);
  parser.end();
  return value;
}

class Parser {
  private position = 0;

  constructor(private readonly text: string) {}

  value(depth: number): Literal {
    if (depth > MAXIMUM_DEPTH) throw new LiteralError("nested too deeply");
    this.space();
    const start = this.text[this.position];
    if (start === "{") return this.dictionary(depth);
    if (start === "(" || start === "[") return this.sequence(start === "(" ? ")" : "]", depth);
    if (start === "'" || start === '"') return this.string(start);
    const word = this.match(/(?:True|False|None)\b|-?[0-9]{1,30}(?![0-9.])L?/y);
    switch (word) {
      case "":
        throw new LiteralError(`a value is expected at character ${this.position}`);
      case "True":
        return true;
      case "False":
        return false;
      case "None":
        return null;
      // Python 2 wrote long integers with an L.
      default:
        return BigInt(word.replace("L", ""));
    }
  }

  end(): void {
    this.space();
    if (this.position < this.text.length)
      throw new LiteralError(`something follows the value at character ${this.position}`);
  }

  private dictionary(depth: number): Map<string, Literal> {
    const entries = new Map<string, Literal>();
    this.position++;
    while (!this.take("}")) {
      const key = this.value(depth + 1);
      if (typeof key !== "string") throw new LiteralError("a key is no string");
      if (entries.has(key)) throw new LiteralError("a key stands twice");
      if (!this.take(":")) throw new LiteralError(`a colon is expected at character ${this.position}`);
      entries.set(key, this.value(depth + 1));
      if (!this.take(",") && !this.ahead("}"))
        throw new LiteralError(`a comma is expected at character ${this.position}`);
    }
    return entries;
  }

  private sequence(close: string, depth: number): Literal[] {
    const items: Literal[] = [];
    this.position++;
    while (!this.take(close)) {
      items.push(this.value(depth + 1));
      if (!this.take(",") && !this.ahead(close))
        throw new LiteralError(`a comma is expected at character ${this.position}`);
    }
    return items;
  }

  private string(quote: string): string {
    const end = this.text.indexOf(quote, this.position + 1);
    const content = end < 0 ? "\\" : this.text.slice(this.position + 1, end);
    if (content.includes("\\")) throw new LiteralError("a string that does not end, or with a backslash");
    this.position = end + 1;
    return content;
  }

  private match(pattern: RegExp): string {
    pattern.lastIndex = this.position;
    const word = pattern.exec(this.text)?.[0] ?? "";
    this.position += word.length;
    return word;
  }

  private ahead(unit: string): boolean {
    this.space();
    return this.text[this.position] === unit;
  }

  private take(unit: string): boolean {
    if (!this.ahead(unit)) return false;
    this.position++;
    return true;
  }

  private space(): void {
    this.match(/[ \t\r\n]*/y);
  }
}
