/**
 * Names that come from files are shown to people only through here: control and format characters
 * (terminal escapes, bidirectional marks, zero-width ones), lone surrogates, private-use characters and
 * line separators become `\u{…}`; what is longer than `limit` characters is cut in the middle, where a checksum of all
 * of it stands: different ones stay so.
 */
export function printable(text: string, limit = 200): string {
  const part = limit / 2 - 5;
  const shown = text.length > limit ? `${head(text, part)}…${checksum(text)}…${tail(text, part)}` : text;
  return shown.replace(
    /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`,
  );
}

/** `printable` between double quotes. */
export function quoted(text: string, limit?: number): string {
  return `"${printable(text, limit)}"`;
}

/** FNV-1a over UTF-16 units, 32 bits, in at most seven characters. */
function checksum(text: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return (hash >>> 0).toString(36);
}

// Cut between characters, never inside a surrogate pair.
const isHigh = (unit: number) => unit >= 0xd800 && unit < 0xdc00;
const head = (text: string, count: number) => text.slice(0, isHigh(text.charCodeAt(count - 1)) ? count - 1 : count);
const tail = (text: string, count: number) =>
  text.slice(isHigh(text.charCodeAt(text.length - count - 1)) ? -count + 1 : -count);

function bare(scheme: string, rest: string): string {
  if (/^file:/i.test(scheme)) return scheme + rest;
  const [place] = rest.split(/[?#]/);
  const path = place.indexOf("/");
  return scheme + place.slice(place.lastIndexOf("@", path < 0 ? undefined : path) + 1);
}

/** An address without what may be secret in it: user, password, query and fragment. What is none stays as it is. */
export function addressShown(text: string): string {
  const address = /^([a-z][a-z0-9+.-]*:\/\/)(.*)$/is.exec(text);
  return address ? bare(address[1], address[2]) : text;
}

/** A sentence with every address in it so. */
export function withoutSecrets(text: string): string {
  return text.replace(/\b([a-z][a-z0-9+.-]*:\/\/)([^\s"'<>]*)/gi, (_, scheme: string, rest: string) =>
    bare(scheme, rest),
  );
}
