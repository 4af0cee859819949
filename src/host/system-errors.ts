/** The system's errors in words, for people. Codes that stand nowhere here are said as they are. */
const words: Record<string, string> = {
  ENOENT: "no such file or directory",
  ENOTDIR: "no such file or directory",
  EACCES: "permission denied",
  EPERM: "permission denied",
  EROFS: "a read-only file system",
  ENOSPC: "no space left",
  EDQUOT: "no space left",
  EIO: "the device reports an error",
  ENAMETOOLONG: "the name is too long",
  EISDIR: "a directory, not a file",
  EFBIG: "too large for the file system",
  EMFILE: "too many open files",
  ENFILE: "too many open files",
  ELOOP: "links that lead round in a circle",
  ETXTBSY: "a program that is running",
  EBUSY: "in use",
  EINVAL: "not a name that the system takes",
  WEIGHTSCOPE_PIPE: "a pipe, not a file",
  WEIGHTSCOPE_DEVICE: "a device, not a file",
  EEXIST: "it is there already",
  ERR_INVALID_ARG_VALUE: "not a name that the system takes",
};

/** The system's code of an error ("ENOENT"), or "". */
export const systemCode = (error: unknown): string =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";

/** What went wrong in words. */
export function inWords(error: unknown): string {
  const code = systemCode(error);
  return words[code] ?? (code || (error instanceof Error ? error.message : String(error)));
}
