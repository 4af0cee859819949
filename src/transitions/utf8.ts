/**
 * Counts, over chunks, the bytes that are no part of well-formed UTF-8 (RFC 3629, table of §4): those that a decoder
 * reads as U+FFFD.
 */
export class Utf8Check {
  /** Bytes so far, but for a character that is not whole yet. */
  invalid = 0;
  /** Bytes of the character begun, continuation bytes that it still needs, and the range of the next one. */
  private begun = 0;
  private needed = 0;
  private low = 0x80;
  private high = 0xbf;

  push(bytes: Uint8Array): void {
    for (const byte of bytes) {
      if (this.needed > 0) {
        if (byte >= this.low && byte <= this.high) {
          [this.low, this.high] = [0x80, 0xbf];
          this.needed--;
          this.begun++;
          continue;
        }
        this.end();
      }
      if (byte >= 0x80) this.start(byte);
    }
  }

  /** The text is over: a character that is not whole is invalid. */
  end(): void {
    if (this.needed > 0) this.invalid += this.begun;
    this.needed = 0;
    [this.low, this.high] = [0x80, 0xbf];
  }

  private start(byte: number): void {
    this.begun = 1;
    if (byte >= 0xc2 && byte <= 0xdf) this.needed = 1;
    else if (byte >= 0xe0 && byte <= 0xef) this.needed = 2;
    else if (byte >= 0xf0 && byte <= 0xf4) this.needed = 3;
    else this.invalid++;
    // No overlong forms, no surrogates, nothing above U+10FFFF.
    if (byte === 0xe0) this.low = 0xa0;
    if (byte === 0xed) this.high = 0x9f;
    if (byte === 0xf0) this.low = 0x90;
    if (byte === 0xf4) this.high = 0x8f;
  }
}
