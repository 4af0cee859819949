import { arrayKind, bytesOf, inShort, kindOf } from "../base/arguments.js";
import type { TransitionOptions } from "../types.js";
import { createTokenizer, type Tokenizer } from "./tokens.js";
import { TokenStream } from "./vocabulary.js";

/** Characters, bytes or tokens that are taken together. */
const CHUNK = 1 << 20;

type Chunk = string | Uint8Array;
type Kind = NonNullable<TransitionOptions["tokens"]>;

/** @throws TypeError for what is neither text nor bytes nor tokens. */
const unusable = (value: unknown): TypeError =>
  new TypeError(
    "text must be a string, a Blob, bytes of UTF-8, an iterable or stream of strings or bytes, or whole numbers, " +
      `not ${inShort(value)}`,
  );

/** Tokens that are given as whole numbers, or null. */
function tokensOf(text: unknown): ArrayLike<number | bigint> | null {
  const kind = arrayKind(text);
  if (/^Float/.test(kind)) throw new TypeError(`text: tokens must be whole numbers, not a ${kind}`);
  if (kind !== "" && !/^Uint8/.test(kind)) return text as ArrayLike<number>;
  return Array.isArray(text) && text.length > 0 && typeof text[0] !== "string" && bytesOf(text[0]) === null
    ? text
    : null;
}

/** Whole texts in pieces, so that no piece takes long. */
function* pieces(whole: Chunk): Generator<Chunk, void, void> {
  for (let at = 0; at < whole.length; at += CHUNK)
    yield typeof whole === "string" ? whole.slice(at, at + CHUNK) : whole.subarray(at, at + CHUNK);
}

async function* readAll(stream: ReadableStream<unknown>): AsyncGenerator<unknown, void, void> {
  const reader = stream.getReader();
  try {
    for (let step = await reader.read(); !step.done; step = await reader.read()) yield step.value;
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

/** What `text` yields, each a string or bytes once it is checked. */
function chunksOf(text: unknown): AsyncIterable<unknown> | Iterable<unknown> {
  if (typeof text === "string") return pieces(text);
  const bytes = bytesOf(text);
  if (bytes) return pieces(bytes);
  if (typeof text !== "object" || text === null) throw unusable(text);
  if (kindOf(text) === "Blob" || kindOf(text) === "File") return readAll((text as Blob).stream());
  if ("getReader" in text && typeof text.getReader === "function") return readAll(text as ReadableStream<unknown>);
  if (Symbol.asyncIterator in text) return text as AsyncIterable<unknown>;
  if (Symbol.iterator in text) return text as Iterable<unknown>;
  throw unusable(text);
}

/** Strings and bytes mixed as they come; a character may lie across two pieces of bytes, never across a string. */
class TextTokens {
  private readonly tokenizer: Tokenizer;
  private readonly decoder = new TextDecoder();

  constructor(
    private readonly kind: Kind,
    private readonly stream: TokenStream,
  ) {
    this.tokenizer = createTokenizer(kind);
  }

  push(chunk: unknown): void {
    const { tokenizer, stream, decoder } = this;
    const bytes = typeof chunk === "string" ? null : bytesOf(chunk);
    if (typeof chunk === "string") tokenizer.push(decoder.decode() + chunk, stream.take);
    else if (!bytes) throw new TypeError(`text: a piece of it is ${inShort(chunk)}, neither a string nor bytes`);
    else if (this.kind === "bytes") for (const byte of bytes) stream.take(byte);
    else tokenizer.push(decoder.decode(bytes, { stream: true }), stream.take);
  }

  end(): void {
    this.tokenizer.push(this.decoder.decode(), this.stream.take);
    this.tokenizer.end(this.stream.take);
  }
}

/**
 * A text in any of its forms as a stream of tokens. Bytes are read as UTF-8, a byte-order mark dropped, what is not
 * UTF-8 as U+FFFD; with "bytes" they are the tokens.
 * @throws TypeError for what is neither text nor tokens, RangeError for a token that is no whole number.
 */
export async function readTokens(text: unknown, kind: Kind, pause: () => Promise<void>): Promise<TokenStream> {
  const stream = new TokenStream();
  const given = tokensOf(text);
  await pause();
  if (given) {
    for (let t = 0; t < given.length; t++) {
      const token = Number(given[t]);
      if (!Number.isSafeInteger(token) || (typeof given[t] !== "number" && typeof given[t] !== "bigint"))
        throw new RangeError(`text: token ${t} is ${String(given[t])}, no whole number`);
      stream.take(token);
      if (t % CHUNK === CHUNK - 1) await pause();
    }
    return stream;
  }
  const tokens = new TextTokens(kind, stream);
  for await (const chunk of chunksOf(text)) {
    const parts = typeof chunk === "string" || bytesOf(chunk) ? pieces(bytesOf(chunk) ?? (chunk as string)) : [chunk];
    for (const part of parts) {
      tokens.push(part);
      await pause();
    }
  }
  tokens.end();
  return stream;
}
