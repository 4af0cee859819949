/**
 * What people write for a checkpoint's address, as `https://` or `hf://`: a repository of the Hugging Face Hub as
 * `owner/repo`, with a file behind it or as the Hub's own page shows it; an address without its scheme. Null where it
 * is none of these.
 */
export function addressOf(written: string): string | null {
  const text = written.trim();
  if (/\s/.test(text)) return null;
  const page = /^(?:https?:\/\/)?(?:www\.)?(?:huggingface\.co|hf\.co)\/(.+)$/i.exec(text);
  if (page) return hubPage(page[1]) ?? (/^https?:/i.test(text) ? text : `https://${text}`);
  if (/^(https?|hf):\/\/\S+$/i.test(text)) return text;
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return null;
  const [first, ...rest] = text.split("/");
  if (rest.length === 0 || rest[0] === "") return null;
  if (/^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i.test(first)) return `http://${text}`;
  if (/^[\w-]+(\.[\w-]+)+(:\d+)?$/.test(first) || /:\d+$/.test(first)) return `https://${text}`;
  return /^[\w-]+\/[\w.-]+(@[^/\s]+)?(\/\S+)?$/.test(text) ? `hf://${text}` : null;
}

/** The path of a page of the Hub: of a repository, of its files at a revision, or of one file. */
function hubPage(path: string): string | null {
  const clean = path.replace(/[?#].*$/, "").replace(/\/+$/, "");
  const [, owner, repository, how, revision, file] =
    /^([\w.-]+)\/([\w.-]+)(?:\/(tree|blob|resolve)\/([^/]+)(?:\/(.+))?)?$/.exec(clean) ?? [];
  if (owner === undefined || /^(api|datasets|spaces|docs|models)$/.test(owner)) return null;
  if (how === undefined) return `hf://${owner}/${repository}`;
  const at = revision === "main" ? "" : `@${revision}`;
  return `hf://${owner}/${repository}${at}${how === "tree" || file === undefined ? "" : `/${file}`}`;
}
