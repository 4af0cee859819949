import { CheckpointError } from "../base/errors.js";
import { printable } from "../base/printable.js";

/** What `reaching` asks of its surroundings. */
export interface Surroundings {
  fetch: typeof fetch;
  /** As the page knows it. */
  online: boolean;
  /** Of the page: "https:", "http:". */
  protocol: string;
}

const isLoopback = ({ hostname }: URL): boolean => /^(localhost|\[::1\]|127(\.\d+){3})$/.test(hostname);

/**
 * `fetch` for a page. A browser does not tell a page why an address was not read. Where an origin never answered,
 * trying again seldom helps: what there is to say is said at once. One that has answered before may only have a bad
 * moment, which the caller waits out.
 */
export function reaching(around: Surroundings): typeof fetch {
  const reached = new Set<string>();
  return async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    try {
      const response = await around.fetch(input, init);
      if (response.type !== "opaqueredirect") reached.add(url.origin);
      return response;
    } catch (error) {
      if (init?.signal?.aborted || reached.has(url.origin)) throw error;
      const shown = printable(url.origin + url.pathname);
      if (!around.online) throw new CheckpointError("offline", `${shown}: this browser is offline`, { cause: error });
      throw new CheckpointError("cross-origin", `${shown}: ${await reasonOf(url, around)}`, { cause: error });
    }
  };
}

async function reasonOf(url: URL, around: Surroundings): Promise<string> {
  if (around.protocol === "https:" && url.protocol === "http:" && !isLoopback(url))
    return "a page from https:// may not read an address that begins with http://";
  // Where the page's own policy allows it, an answer that nobody may look into tells that the server is there.
  const answers = await around.fetch(url, { mode: "no-cors", method: "HEAD" }).then(
    () => true,
    () => false,
  );
  return answers
    ? "the server answers, but does not let pages of other sites read this (CORS)"
    : "the server does not let pages of other sites read this (CORS), or it cannot be reached";
}
