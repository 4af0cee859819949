import { environment } from "#host";
import { CheckpointError } from "../base/errors.js";
import { addressShown, quoted } from "../base/printable.js";

/** An address that a worker may read from: an origin and the start of a path. */
interface Prefix {
  origin: string;
  path: string;
}

const HUB = /^hf:\/\//i;
const NETWORK = /^https?:\/\//i;

/** Hosts by name at which clouds give out credentials to whoever asks from inside. */
const METADATA_NAMES = new Set(["metadata.google.internal", "metadata.goog", "metadata", "instance-data"]);
/**
 * Likewise by address: Alibaba's and Oracle's IPv4, Azure's wire server. Those of AWS and the others are link-local.
 */
const METADATA_V4 = new Set(["100.100.100.200", "192.0.0.192", "168.63.129.16"]);

/** The four bytes of an IPv4 address as `URL` writes it, or of one that an IPv6 address holds. */
function v4Of(host: string): string | null {
  if (/^\d+\.\d+\.\d+\.\d+$/.test(host)) return host;
  // ::ffff:a.b.c.d, ::a.b.c.d and 64:ff9b::a.b.c.d (RFC 6052), as URL normalises them.
  const held = /^\[(?:::ffff:|64:ff9b::|::)([0-9a-f]{1,4}):([0-9a-f]{1,4})\]$/.exec(host);
  if (!held) return null;
  const [high, low] = [parseInt(held[1], 16), parseInt(held[2], 16)];
  return [high >> 8, high & 255, low >> 8, low & 255].join(".");
}

/**
 * Whether a host gives out credentials, or is one that only the machine's own link knows: never read, even where a
 * prefix names it.
 */
export function isForbiddenHost(hostname: string): boolean {
  const host = hostname.toLowerCase().replace(/\.$/, "");
  if (METADATA_NAMES.has(host)) return true;
  const v4 = v4Of(host);
  if (v4 !== null) return v4.startsWith("169.254.") || v4.startsWith("0.") || METADATA_V4.has(v4);
  // fe80::/10, and AWS's fd00:ec2::254.
  return /^\[fe[89ab]/.test(host) || host.startsWith("[fd00:ec2:") || host === "[::]";
}

/** `hf://owner/…` as the address that it stands for. */
function resolved(address: string): string {
  if (!HUB.test(address)) return address;
  const endpoint = (environment("HF_ENDPOINT") ?? "https://huggingface.co").replace(/\/+$/, "");
  return `${endpoint}/${address.slice("hf://".length)}`;
}

/** An address, normalised; null where it is none that could be read, or spells its path so that servers disagree. */
function readable(address: string): URL | null {
  if (!NETWORK.test(address) || !URL.canParse(address)) return null;
  const url = new URL(address);
  if (url.username !== "" || url.password !== "" || isForbiddenHost(url.hostname)) return null;
  // A dot segment or a separator that is escaped is resolved by some servers after the comparison here.
  if (/%(?:2e|2f|5c|00)/i.test(url.pathname) || url.pathname.includes("\\")) return null;
  return url;
}

/** The addresses that a worker may read from, and no others. */
export class AllowedAddresses {
  private readonly prefixes: Prefix[];

  /** @throws CheckpointError "bad-url" for a prefix that is no http, https or hf address, or names a forbidden host. */
  constructor(prefixes: readonly string[]) {
    this.prefixes = prefixes.map((prefix) => {
      const url = readable(resolved(prefix));
      if (!url || url.search !== "" || url.hash !== "")
        throw new CheckpointError(
          "bad-url",
          `${quoted(addressShown(prefix))}: no prefix of addresses that a worker may read from`,
        );
      return { origin: url.origin, path: url.pathname };
    });
  }

  /** Whether an address, once normalised, is of an allowed origin and begins with its path, at a border of segments. */
  allows(address: string | URL): boolean {
    const url = readable(resolved(String(address)));
    return (
      url !== null &&
      this.prefixes.some(
        ({ origin, path }) =>
          origin === url.origin &&
          url.pathname.startsWith(path) &&
          (path.endsWith("/") || url.pathname.length === path.length || url.pathname[path.length] === "/"),
      )
    );
  }

  /**
   * Refuses whatever is outside, for each request of an `OpenOptions.fetch`: so redirects, shards that an index names
   * and companions stay inside too.
   * @throws CheckpointError "not-allowed".
   */
  check(address: string | URL): void {
    if (this.allows(address)) return;
    throw new CheckpointError(
      "not-allowed",
      `${quoted(addressShown(String(address)))}: not among the addresses that this worker may read from`,
    );
  }
}

/** Whether an address is one of the network, and no path. */
export const isNetworkAddress = (address: string): boolean => HUB.test(address) || NETWORK.test(address);

/**
 * An address as a job may carry it.
 * @throws CheckpointError "not-shareable" where it holds a password, or, unless `signed`, a query: jobs are stored and
 * shown.
 */
export function shareableAddress(address: string, signed = false): string {
  if (!isNetworkAddress(address)) return address;
  const url = URL.canParse(address) ? new URL(address) : null;
  const shown = quoted(addressShown(address));
  if (!url) throw new CheckpointError("bad-url", `${shown}: no valid address`);
  if (url.username !== "" || url.password !== "")
    throw new CheckpointError("not-shareable", `${shown}: a job would store the user and the password in it`);
  if (url.search !== "" && !signed)
    throw new CheckpointError(
      "not-shareable",
      `${shown}: a job would store its query, which may be a signature; --signed allows that`,
    );
  return address;
}
