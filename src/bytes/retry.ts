/** What is worth another try, and when. */
import { printable, withoutSecrets } from "../base/printable.js";
import type { Answer } from "../host/contract.js";

/** Something that may be better a moment later. */
export class TransientError extends Error {
  constructor(
    message: string,
    readonly retryAfter: number | null = null,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** What was asked for and is not wanted for the moment: it is asked for again, and counts for no failure. */
export class Postponed extends TransientError {
  constructor() {
    super("postponed");
  }
}

/** Milliseconds that `Retry-After` asks for, in seconds or by a date (RFC 9110, 10.2.3); null without either. */
export function retryAfter(response: Answer): number | null {
  const value = response.headers.get("retry-after");
  if (value === null) return null;
  const wait = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return wait >= 0 ? wait : null;
}

/** Why a request failed, in a line without secrets: `fetch` says "fetch failed" and hides why in its cause. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return "the connection failed";
  const cause = error.cause instanceof Error ? error.cause.message || error.cause.name : "";
  return printable(withoutSecrets(cause ? `${error.message}: ${cause}` : error.message), 300);
}

/** What another try cannot mend: a name, an address or a certificate that is wrong, an answer that is no HTTP. */
const PERMANENT = /* @__PURE__ */ new RegExp(
  "^(ERR_(INVALID|TLS|SSL|UNESCAPED)\\w*|HPE_\\w+|UND_ERR_(HEADERS_OVERFLOW|INVALID_ARG)|CERT_\\w+|" +
    "\\w*SELF_SIGNED\\w*|UNABLE_TO_\\w+|ENOTFOUND|EPROTO)$",
);

/** Whether an error of the host's client would come again. */
export function isPermanent(error: unknown): boolean {
  for (let one: unknown = error; one instanceof Error; one = one.cause) {
    if ("code" in one && PERMANENT.test(String(one.code))) return true;
    if (/bad port|invalid url|unknown scheme/i.test(one.message)) return true;
  }
  return false;
}

/** Bytes a millisecond below which nothing counts as coming: 1 kB a second. */
const SLOWEST = 1;

/** What comes by its mean rate: a byte now and then is no progress. */
export class Pace {
  private since = Date.now();
  private bytes = 0;

  constructor(private readonly silence: number) {}

  /** @throws TransientError where less than 1 kB a second came over the time that a silence may last. */
  took(bytes: number): void {
    this.bytes += bytes;
    const passed = Date.now() - this.since;
    if (passed < this.silence) return;
    if (this.bytes < passed * SLOWEST) throw new TransientError("less than 1 kB a second came");
    this.since += passed;
    this.bytes = 0;
  }

  /** Whether so much has come since this was last true that a count of failures may start anew. */
  get enough(): boolean {
    const passed = Date.now() - this.since;
    if (this.bytes === 0 || this.bytes < passed * SLOWEST) return false;
    this.since += passed;
    this.bytes = 0;
    return true;
  }

  /** Counts without judging. */
  add(bytes: number): void {
    this.bytes += bytes;
  }
}
