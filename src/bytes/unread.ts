import type { ByteRange } from "../host/contract.js";

/** A range that will be read, and the parts of it that have not been read yet, in order. */
interface Expected extends ByteRange {
  left: ByteRange[];
}

/**
 * Ranges of a file that are to be read once each: what is left of them, and which will be begun next. They do not
 * overlap.
 */
export class Unread {
  private readonly byPlace: Expected[];
  private readonly inOrder: Expected[];
  private begun = 0;

  /** In the order in which they will be read. */
  constructor(ranges: readonly ByteRange[]) {
    this.inOrder = ranges
      .filter(({ start, end }) => end > start)
      .map(({ start, end }) => ({ start, end, left: [{ start, end }] }));
    this.byPlace = [...this.inOrder].sort((a, b) => a.start - b.start);
  }

  /** Whether nothing was ever expected. */
  get empty(): boolean {
    return this.inOrder.length === 0;
  }

  /** The place of the last range that begins at or before `at`; -1 where none does. */
  private placeOf(at: number): number {
    let low = 0;
    let high = this.byPlace.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.byPlace[middle].start <= at) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  /** Up to where bytes from `at` on are to be read, within one range; `at` where that byte is not. */
  runFrom(at: number): number {
    const range = this.byPlace[this.placeOf(at)];
    return range?.left.find(({ start, end }) => start <= at && at < end)?.end ?? at;
  }

  /** Whether any byte of `range` is to be read. */
  meets({ start, end }: ByteRange): boolean {
    for (
      let place = Math.max(0, this.placeOf(start));
      place < this.byPlace.length && this.byPlace[place].start < end;
      place++
    ) {
      if (this.byPlace[place].left.some((part) => part.start < end && part.end > start)) return true;
    }
    return false;
  }

  /** Counts `range` as read. */
  remove({ start, end }: ByteRange): void {
    for (
      let place = Math.max(0, this.placeOf(start));
      place < this.byPlace.length && this.byPlace[place].start < end;
      place++
    ) {
      const range = this.byPlace[place];
      range.left = range.left.flatMap((part) => {
        if (part.end <= start || part.start >= end) return [part];
        const before = { start: part.start, end: Math.min(part.end, start) };
        const after = { start: Math.max(part.start, end), end: part.end };
        return [before, after].filter((one) => one.start < one.end);
      });
    }
  }

  /** The next range of which nothing was read, or null. */
  next(): ByteRange | null {
    for (; this.begun < this.inOrder.length; this.begun++) {
      const { start, end, left } = this.inOrder[this.begun];
      if (left.length === 1 && left[0].start === start && left[0].end === end) return { start, end };
    }
    return null;
  }

  /** Passes over what `next` gave. */
  skip(): void {
    this.begun++;
  }

  /**
   * The end of the last untouched range that ends by `limit`, of those that follow `at` with gaps of at most `gap`;
   * else `at`.
   */
  extend(at: number, limit: number, gap: number): number {
    for (let place = this.placeOf(at - 1) + 1; place < this.byPlace.length; place++) {
      const { start, end, left } = this.byPlace[place];
      if (start - at > gap || end > limit || left.length !== 1 || left[0].start !== start || left[0].end !== end) break;
      at = end;
    }
    return at;
  }
}
