/** Percent escapes undone, where they are whole. */
export function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The last part of a URL's path, or its host. */
export function fileNameOf(url: URL): string {
  return unescaped(
    url.pathname
      .split("/")
      .filter((segment) => segment !== "")
      .pop() ?? url.hostname,
  );
}

/** Whether it is this machine. */
export const isLoopback = (url: URL): boolean =>
  url.hostname === "localhost" || url.hostname === "[::1]" || /^127(\.\d+){3}$/.test(url.hostname);
