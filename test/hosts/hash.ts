/** FNV-1a in 64 bits (Fowler, Noll & Vo), kept in two halves of 32: every host has the arithmetic it needs. */
export class Hash {
  private high = 0xcbf29ce4;
  private low = 0x84222325;

  byte(value: number): void {
    // The prime is 2⁴⁰ + 435: the product of the low half stays below 2⁴¹, exact in a double.
    const low = (this.low ^ value) >>> 0;
    const product = low * 435;
    this.high = (Math.imul(this.high, 435) + Math.floor(product / 4294967296) + (low << 8)) >>> 0;
    this.low = product >>> 0;
  }

  bytes(values: Uint8Array): void {
    for (let i = 0; i < values.length; i++) this.byte(values[i]);
  }

  text(value: string): void {
    this.bytes(new TextEncoder().encode(value));
    this.byte(0xff); // no UTF-8 text holds it: "ab", "c" is another sequence than "a", "bc"
  }

  digest(): string {
    return this.high.toString(16).padStart(8, "0") + this.low.toString(16).padStart(8, "0");
  }
}

const number = new DataView(new ArrayBuffer(8));

/** Every bit of a result, keys in the order of their names: NaN payloads and the sign of zero count. */
function add(hash: Hash, value: unknown): void {
  if (ArrayBuffer.isView(value)) {
    hash.text(value.constructor.name);
    hash.bytes(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
  } else if (typeof value === "number") {
    number.setFloat64(0, value, true);
    hash.text("number");
    hash.bytes(new Uint8Array(number.buffer));
  } else if (typeof value === "object" && value !== null) {
    for (const key of Object.keys(value).sort()) {
      hash.text(key);
      add(hash, (value as Record<string, unknown>)[key]);
    }
    hash.byte(0xfe);
  } else {
    hash.text(`${typeof value} ${String(value)}`);
  }
}

/** A hash of the raw bits of any plain result: numbers, typed arrays, strings, and objects and arrays of them. */
export function bitsOf(value: unknown): string {
  const hash = new Hash();
  add(hash, value);
  return hash.digest();
}

export function hashOfText(text: string): string {
  const hash = new Hash();
  hash.bytes(new TextEncoder().encode(text));
  return hash.digest();
}
