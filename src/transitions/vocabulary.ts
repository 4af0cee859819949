/** Tokens kept together: 4 MiB. */
const PAGE = 1 << 20;

/** A stream of tokens by their types, numbered by first appearance; four bytes a token. */
export class TokenStream {
  private readonly numbers = new Map<string | number, number>();
  private readonly pages: Uint32Array[] = [];
  private used = PAGE;
  private readonly borders: number[] = [0];
  /** How often each type occurs. */
  private readonly counts: number[] = [];

  readonly take = (token: string | number): void => {
    let number = this.numbers.get(token);
    if (number === undefined) {
      number = this.counts.length;
      this.numbers.set(token, number);
      this.counts.push(0);
    }
    this.counts[number]++;
    if (this.used === PAGE) {
      this.pages.push(new Uint32Array(PAGE));
      this.used = 0;
    }
    this.pages[this.pages.length - 1][this.used++] = number;
  };

  /** The next token does not follow the last. */
  breakChain(): void {
    this.borders.push(this.length);
  }

  /** Different tokens. */
  get types(): number {
    return this.counts.length;
  }

  get length(): number {
    return this.pages.length === 0 ? 0 : (this.pages.length - 1) * PAGE + this.used;
  }

  /** Each token as the rank of its type by frequency, ties by first appearance. */
  ranked(): RankedTokens {
    const { counts } = this;
    const order = Array.from(counts.keys()).sort((a, b) => counts[b] - counts[a] || a - b);
    const rankOf = new Uint32Array(counts.length);
    const tokens = new Uint32Array(this.length);
    order.forEach((number, rank) => {
      rankOf[number] = rank;
    });
    this.pages.forEach((page, p) => {
      const end = Math.min(PAGE, tokens.length - p * PAGE);
      for (let t = 0; t < end; t++) tokens[p * PAGE + t] = rankOf[page[t]];
    });
    return { tokens, types: counts.length, borders: [...new Set([...this.borders, this.length])] };
  }
}

/** Tokens as ranks by frequency, the most frequent 0; as many types as there are different ones. */
export interface RankedTokens {
  tokens: Uint32Array;
  types: number;
  /** Where chains begin, and the end: tokens [borders[i], borders[i + 1]) follow each other. */
  borders: number[];
}
