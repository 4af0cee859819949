/**
 * A strict JSON reader that hands out values as they are met. `JSON.parse` will not do for headers: it keeps
 * the last of two equal keys without a word, rounds integers above 2^53, takes lone surrogates, and
 * builds whatever a hostile file describes before anyone has looked at it.
 */
export class JsonError extends Error {
  constructor(
    message: string,
    readonly position: number,
  ) {
    super(message);
  }
}

/** As serde_json, which reads safetensors' headers in the reference, and far above any real header. */
const MAXIMUM_DEPTH = 128;
/** Values passed over in one text, and values built of one. */
const MAXIMUM_SKIPPED = 1_000_000;
const MAXIMUM_BUILT = 8_000_000;
/** Code units of a string with escapes that are joined at once: one by one they would take 20 times their room. */
const UNITS_AT_ONCE = 4096;
const UNSIGNED_LIMIT = 1n << 64n;
const number = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;

/** A JSON text (RFC 8259), read value by value as its caller asks. Throws JsonError with the place where it is none. */
export class JsonReader {
  private position = 0;
  private depth = 0;
  private skipped = 0;
  private built = 0;

  constructor(private readonly text: string) {}

  /** What the next value is. */
  peek(): "object" | "array" | "string" | "number" | "true" | "false" | "null" {
    this.space();
    const unit = this.text.charCodeAt(this.position);
    if (unit === 0x7b) return "object";
    if (unit === 0x5b) return "array";
    if (unit === 0x22) return "string";
    if (unit === 0x2d || (unit >= 0x30 && unit <= 0x39)) return "number";
    for (const word of ["true", "false", "null"] as const) if (this.text.startsWith(word, this.position)) return word;
    throw this.error(Number.isNaN(unit) ? "the text ends where a value is expected" : "a value is expected");
  }

  /** Passes over a value, whatever it is. Throws where that is more than a header has any use for. */
  skip(): void {
    if (++this.skipped > MAXIMUM_SKIPPED) throw this.error(`more than ${MAXIMUM_SKIPPED} values that mean nothing`);
    switch (this.peek()) {
      case "object":
        return this.object(() => this.skip());
      case "array":
        return this.array(() => this.skip());
      default:
        this.value();
    }
  }

  /** `onKey` must read the value of each key. */
  object(onKey: (key: string) => void): void {
    for (const key of this.keys()) onKey(key);
  }

  /** The keys of an object; the value of each must be read before the next is asked for. */
  *keys(): Generator<string, void, void> {
    this.open(0x7b, "an object");
    if (!this.take(0x7d)) {
      do {
        this.space();
        const key = this.string();
        if (!this.take(0x3a)) throw this.error("a colon is expected after a key");
        yield key;
      } while (this.take(0x2c));
      if (!this.take(0x7d)) throw this.error("a comma or the end of an object is expected");
    }
    this.depth--;
  }

  /** `onItem` must read each item. */
  array(onItem: (index: number) => void): void {
    this.open(0x5b, "an array");
    if (!this.take(0x5d)) {
      let index = 0;
      do onItem(index++);
      while (this.take(0x2c));
      if (!this.take(0x5d)) throw this.error("a comma or the end of an array is expected");
    }
    this.depth--;
  }

  string(): string {
    this.space();
    if (this.text.charCodeAt(this.position) !== 0x22) throw this.error("a string is expected");
    const start = ++this.position;
    for (;;) {
      const unit = this.text.charCodeAt(this.position);
      if (unit === 0x22) return this.text.slice(start, this.position++);
      if (unit === 0x5c) return this.escaped(start);
      if (!(unit >= 0x20))
        throw this.error(
          Number.isNaN(unit) ? "the text ends within a string" : "a control character is not allowed in a string",
        );
      this.position++;
    }
  }

  /** An integer of 64 bits without a sign: exact to 2^53 - 1, and Infinity above, where no file reaches. */
  unsigned(): number {
    this.space();
    const start = this.position;
    let value = 0;
    for (
      let unit = this.text.charCodeAt(start);
      unit >= 0x30 && unit <= 0x39;
      unit = this.text.charCodeAt(++this.position)
    )
      value = value * 10 + (unit - 0x30);
    const length = this.position - start;
    const next = this.text.charCodeAt(this.position);
    if (length === 0 || (length > 1 && this.text.charCodeAt(start) === 0x30) || next === 0x2e || (next | 0x20) === 0x65)
      throw this.error("a non-negative integer is expected");
    if (value <= Number.MAX_SAFE_INTEGER) return value;
    // Twenty digits hold every 64-bit integer; no longer text is worth converting.
    if (length > 20 || BigInt(this.text.slice(start, this.position)) >= UNSIGNED_LIMIT)
      throw this.error("an integer above 64 bits");
    return Infinity;
  }

  /** The whole value as plain data; equal keys: the last one stays. */
  value(): unknown {
    if (++this.built > MAXIMUM_BUILT) throw this.error(`more than ${MAXIMUM_BUILT} values`);
    switch (this.peek()) {
      case "object": {
        const entries = new Map<string, unknown>();
        this.object((key) => void entries.set(key, this.value()));
        return Object.fromEntries(entries);
      }
      case "array": {
        const items: unknown[] = [];
        this.array(() => void items.push(this.value()));
        return items;
      }
      case "string":
        return this.string();
      case "number":
        return Number(this.number());
      case "true":
        this.position += 4;
        return true;
      case "false":
        this.position += 5;
        return false;
      case "null":
        this.position += 4;
        return null;
    }
  }

  /** Nothing but space may follow. */
  end(): void {
    this.space();
    if (this.position < this.text.length) throw this.error("something follows the end of the value");
  }

  error(message: string): JsonError {
    return new JsonError(message, this.position);
  }

  private number(): string {
    this.space();
    number.lastIndex = this.position;
    const match = number.exec(this.text);
    if (!match) throw this.error("a number is expected");
    if (!Number.isFinite(Number(match[0]))) throw this.error("a number out of range");
    this.position += match[0].length;
    return match[0];
  }

  private escaped(start: number): string {
    const pieces = [this.text.slice(start, this.position)];
    const units = new Uint16Array(UNITS_AT_ONCE);
    let count = 0;
    const flush = (): void => {
      if (count > 0) pieces.push(String.fromCharCode(...units.subarray(0, count)));
      count = 0;
    };
    for (;;) {
      const unit = this.text.charCodeAt(this.position++);
      if (unit === 0x22) break;
      if (!(unit >= 0x20))
        throw this.error(
          Number.isNaN(unit) ? "the text ends within a string" : "a control character is not allowed in a string",
        );
      if (count > UNITS_AT_ONCE - 2) flush();
      if (unit !== 0x5c) {
        units[count++] = unit;
        continue;
      }
      const escaped = this.text[this.position++];
      const plain = escaped === undefined ? -1 : '"\\/bfnrt'.indexOf(escaped);
      if (plain >= 0) units[count++] = '"\\/\b\f\n\r\t'.charCodeAt(plain);
      else if (escaped === "u") for (const one of this.unicode()) units[count++] = one;
      else throw this.error("an unknown escape in a string");
    }
    flush();
    return pieces.join("");
  }

  private unicode(): number[] {
    const unit = this.hex();
    if (unit < 0xd800 || unit > 0xdfff) return [unit];
    if (unit < 0xdc00 && this.text.startsWith("\\u", this.position)) {
      this.position += 2;
      const low = this.hex();
      if (low >= 0xdc00 && low <= 0xdfff) return [unit, low];
    }
    throw this.error("half of a surrogate pair in a string");
  }

  private hex(): number {
    const digits = this.text.slice(this.position, this.position + 4);
    if (!/^[0-9a-fA-F]{4}$/.test(digits)) throw this.error("four hexadecimal digits are expected");
    this.position += 4;
    return parseInt(digits, 16);
  }

  private open(unit: number, what: string): void {
    if (!this.take(unit)) throw this.error(`${what} is expected`);
    if (++this.depth >= MAXIMUM_DEPTH) throw this.error("nested too deeply");
  }

  private take(unit: number): boolean {
    this.space();
    if (this.text.charCodeAt(this.position) !== unit) return false;
    this.position++;
    return true;
  }

  private space(): void {
    for (;;) {
      const unit = this.text.charCodeAt(this.position);
      if (unit !== 0x20 && unit !== 0x0a && unit !== 0x0d && unit !== 0x09) return;
      this.position++;
    }
  }
}
