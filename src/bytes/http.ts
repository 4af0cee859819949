import { request } from "#host";
import { onAbort, pause } from "../base/aborts.js";
import { CheckpointError } from "../base/errors.js";
import { addressShown, printable, quoted } from "../base/printable.js";
import type { Answer, AnswerBody } from "../host/contract.js";
import type { OpenOptions } from "../types.js";
import { fileNameOf, isLoopback, unescaped } from "./address.js";
import { isPermanent, Postponed, reasonOf, retryAfter, TransientError } from "./retry.js";

const MAXIMUM_REDIRECTS = 10;
const MAXIMUM_RETRIES = 5;
const LONGEST_WAIT = 30_000;
const SILENCE = 30_000;
/** Silences that a server may fill without progress, its own `Retry-After` not counted: two minutes. */
const PATIENCE = 4;
const redirects = new Set([301, 302, 303, 307, 308]);
/** Worth another try: overload and passing trouble. */
const passing = new Set([408, 425, 429, 500, 502, 503, 504]);

/** What of the options of opening a URL needs. */
export type HttpOptions = Omit<OpenOptions, "asStored"> & Held;

/** Waited for before each request: whoever reads may have been told to pause. */
export interface Held {
  hold?: (() => Promise<void>) | undefined;
}

/**
 * One URL and who may see its secrets. Redirects are followed by hand, because headers go to the URL's own origin only
 * and the host's `fetch` forwards all but a few; where they led is remembered for the requests that follow.
 */
export class HttpTarget {
  readonly name: string;
  private readonly url: URL;
  private readonly secrets: Record<string, string>;
  private resolved: URL;

  constructor(
    address: string | URL,
    private readonly options: HttpOptions,
  ) {
    if (!URL.canParse(String(address)))
      throw new CheckpointError("bad-url", `${quoted(addressShown(String(address)))}: no valid address`);
    this.url = new URL(address);
    this.secrets = secretsOf(this.url, options);
    // `fetch` refuses URLs with a password in them; and nobody should read it in a message.
    this.url.username = this.url.password = "";
    this.resolved = this.url;
    this.name = fileNameOf(this.url);
    if ("authorization" in this.secrets && this.url.protocol !== "https:" && !isLoopback(this.url))
      throw new CheckpointError("insecure", `${printable(this.url.origin)}: a token is sent over https:// only`);
  }

  /** Without credentials and query, for messages. */
  get address(): string {
    return printable(this.url.origin + this.url.pathname);
  }

  /**
   * One request, its redirects followed. Answers that may pass throw `TransientError`; the rest of the bad ones
   * CheckpointError.
   */
  async request(headers: Record<string, string>, signal: AbortSignal, method = "GET"): Promise<Answer> {
    const remembered = this.resolved !== this.url;
    const response = await this.follow(this.resolved, headers, signal, method);
    // A signed address that has expired is asked for anew.
    if (remembered && [401, 403, 404, 410].includes(response.status)) {
      await discard(response);
      this.resolved = this.url;
      return this.judge(await this.follow(this.url, headers, signal, method));
    }
    return this.judge(response);
  }

  private async follow(
    start: URL,
    headers: Record<string, string>,
    signal: AbortSignal,
    method: string,
  ): Promise<Answer> {
    let url = start;
    for (let hops = 0; ; hops++) {
      const response = await this.send(url, headers, signal, method);
      if (!redirects.has(response.status)) {
        this.resolved = response.redirected && URL.canParse(response.url) ? new URL(response.url) : url;
        return response;
      }
      const target = response.headers.get("location");
      await discard(response);
      if (hops === MAXIMUM_REDIRECTS)
        throw new CheckpointError("bad-redirect", `${this.address}: more than ${MAXIMUM_REDIRECTS} redirects`);
      if (target === null || !URL.canParse(target, url))
        throw new CheckpointError("bad-redirect", `${this.address}: redirected to no address`);
      const next = new URL(target, url);
      if (next.protocol !== "https:" && !(next.protocol === "http:" && url.protocol === "http:"))
        throw new CheckpointError(
          "bad-redirect",
          `${this.address}: redirected from ${url.protocol}// to ${printable(next.protocol)}//`,
        );
      next.username = next.password = "";
      url = next;
    }
  }

  private async send(url: URL, headers: Record<string, string>, signal: AbortSignal, method: string): Promise<Answer> {
    const own = url.origin === this.url.origin;
    const sent = { ...(own ? this.secrets : {}), ...headers };
    const call = this.options.fetch ?? request;
    try {
      const response = await call(url, { method, headers: sent, signal, redirect: "manual" });
      if (response.type !== "opaqueredirect") return response;
      // A browser follows by itself or not at all. It drops an Authorization header at another origin (Fetch standard,
      // HTTP-redirect fetch), other headers it keeps.
      if (Object.keys(own ? this.secrets : {}).some((key) => key !== "authorization"))
        throw new CheckpointError(
          "bad-redirect",
          `${this.address}: redirects, and a browser would take the headers along`,
        );
      return await call(url, { method, headers: sent, signal, redirect: "follow" });
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof CheckpointError || error instanceof Postponed) throw error;
      if (isPermanent(error)) throw new CheckpointError("http-failed", `${this.address}: ${reasonOf(error)}`);
      throw new TransientError(reasonOf(error), null, { cause: error });
    }
  }

  private async judge(response: Answer): Promise<Answer> {
    const { status } = response;
    if (status === 200 || status === 206 || status === 416) return response;
    await discard(response);
    if (passing.has(status)) throw new TransientError(`the server answered ${status}`, retryAfter(response));
    if (status === 401 || status === 403)
      throw new CheckpointError(
        "http-forbidden",
        `${this.address}: the server answered ${status}: ` +
          `${"authorization" in this.secrets ? "the token does not open it" : "it may want a token"}`,
      );
    if (status === 404 || status === 410)
      throw new CheckpointError("not-found", `${this.address}: the server answered ${status}: no such file`);
    throw new CheckpointError("http-status", `${this.address}: the server answered ${status}`);
  }

  /**
   * Gives `work` a signal of its own, which fires when `signal` does and when an answer's head is too long in coming.
   */
  async attempt<T>(signal: AbortSignal, work: (watched: AbortSignal) => Promise<T>): Promise<T> {
    const watched = new AbortController();
    const stop = () => watched.abort(signal.reason);
    signal.throwIfAborted();
    const forget = onAbort(signal, stop);
    const timer = setTimeout(() => watched.abort(new TransientError("the server does not answer")), this.silence);
    try {
      return await work(watched.signal);
    } finally {
      clearTimeout(timer);
      forget();
    }
  }

  /** The next piece of a body, or `TransientError` where it breaks or falls silent. */
  async next(reader: ReturnType<AnswerBody["getReader"]>): Promise<ReadableStreamReadResult<Uint8Array>> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const silence = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new TransientError("the connection fell silent")), this.silence);
    });
    try {
      return await Promise.race([reader.read(), silence]);
    } catch (error) {
      throw error instanceof TransientError
        ? error
        : new TransientError("the connection broke", null, { cause: error });
    } finally {
      clearTimeout(timer);
    }
  }

  get silence(): number {
    return this.options.silence ?? SILENCE;
  }

  /**
   * Tries again what throws `TransientError`, after growing pauses; `progressed` says whether the count of tries may
   * start anew.
   */
  async retrying<T>(work: () => Promise<T>, signal: AbortSignal, progressed: () => boolean = () => false): Promise<T> {
    const first = this.options.backoff ?? 500;
    let since = Date.now();
    for (let retries = 0; ; retries++) {
      const before = Date.now();
      await this.options.hold?.();
      since += Date.now() - before;
      try {
        return await work();
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof TransientError)) throw error;
        if (error instanceof Postponed) {
          retries--;
          continue;
        }
        if (progressed()) {
          retries = 0;
          since = Date.now();
        }
        if (retries === MAXIMUM_RETRIES || Date.now() - since >= PATIENCE * this.silence)
          throw new CheckpointError(
            "http-failed",
            `${this.address}: gave up after ${retries} ${retries === 1 ? "retry" : "retries"}: ` +
              printable(error.message),
            { cause: error },
          );
        const asked = error.retryAfter === null ? 0 : Math.min(LONGEST_WAIT, error.retryAfter);
        await pause(error.retryAfter === null ? first * (1 << retries) : asked, signal);
        since += asked;
      }
    }
  }
}

/** Headers by their lower-case names. Checked here, because the host's errors would quote what is secret in them. */
function secretsOf(url: URL, { headers = {}, token }: HttpOptions): Record<string, string> {
  const secrets = Object.fromEntries(Object.entries(headers).map(([key, value]) => [key.toLowerCase(), value]));
  try {
    // A token from a file or a variable often ends in a line break.
    if (token?.trim()) secrets.authorization = `Bearer ${token.trim()}`;
    else if (url.username !== "")
      secrets.authorization = `Basic ${btoa(`${unescaped(url.username)}:${unescaped(url.password)}`)}`;
    new Headers(secrets);
  } catch {
    throw new CheckpointError(
      "bad-header",
      `${printable(url.host)}: the token, the password or a header holds characters that HTTP does not allow`,
    );
  }
  return secrets;
}

async function discard(response: Answer): Promise<void> {
  await response.body?.cancel().catch(() => undefined);
}
