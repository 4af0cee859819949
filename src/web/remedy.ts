import { quoted } from "../base/printable.js";
import type { Input } from "./messages.js";

/** What went wrong, as the one who knows it says it. */
export interface Failure {
  code: string | null;
  message: string;
}

/** A failure as a person needs it: what it is, what to do about it, and a command to copy where one does it. */
export interface Problem {
  title: string;
  cause: string;
  remedy: string;
  command: string | null;
}

/** Quoted for a POSIX shell where it needs to be. */
export const word = (text: string): string =>
  /^[\w.,/@%+=:-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;

/** What `weightscope` is given for the same input. */
export const named = (input: Input): string =>
  "url" in input ? word(input.url) : input.files.map((file) => word(file.name)).join(" ");

/** Codes of what the network does, each with its title and what to do; the command line is not held by CORS. */
const network: Record<string, [title: string, remedy: string, command: (name: string) => string]> = {
  offline: [
    "Offline",
    "Connect, or choose a file on this machine: files need no network.",
    (name) => `weightscope analyze ${name} --null`,
  ],
  "cross-origin": [
    "This address is closed to pages",
    "Download the file and drop it here; or read the address from a terminal, where this rule does not hold. " +
      "Whoever runs the server may send Access-Control-Allow-Origin.",
    (name) => `weightscope analyze ${name} --null`,
  ],
  "http-forbidden": [
    "This address wants a log-in",
    "Download the file and drop it here, or give the command line a token.",
    (name) => `HF_TOKEN=hf_… weightscope analyze ${name} --null`,
  ],
  "http-failed": [
    "The server gave out",
    "Try again later, or download the file and drop it here.",
    (name) => `weightscope analyze ${name} --null`,
  ],
};

/** What the page says of a failure to open or to read `input`. */
export function explain({ code, message }: Failure, input: Input | null): Problem {
  const found = code === null ? undefined : network[code];
  if (found && input) return { title: found[0], cause: message, remedy: found[1], command: found[2](named(input)) };
  const problem = (title: string, remedy: string, command: string | null = null): Problem => ({
    title,
    cause: message,
    remedy,
    command,
  });
  switch (code) {
    case "pickle": {
      const [, cause, command] = /^(.*?);? convert it: (.*)$/s.exec(message) ?? ["", message, null];
      return { title: "A PyTorch pickle", cause, remedy: "Convert it, then drop what it makes.", command };
    }
    case "not-found":
      return input && "url" in input
        ? problem("Nothing is there", "Look at the address again: letters count, and so does the file's name.")
        : problem("A file is missing", "Choose all files of the checkpoint together: every shard and the index.");
    case "no-checkpoint":
    case "ambiguous":
      return problem("Which checkpoint?", "Drop one file, or all shards of one checkpoint with their index.");
    case "bad-url":
    case "unknown-scheme":
      return problem("No address", "Addresses are https://…/model.safetensors, or owner/repo of the Hugging Face Hub.");
    case "unknown-format":
      return problem(
        "Not a checkpoint",
        "Read are safetensors (with shards and their index), GGUF, .npy and .npz; texts too.",
      );
    case "option":
      return problem("An option cannot be used", "Correct it under Options, then open the file again.");
    default:
      return code === null || input === null
        ? problem("It could not be done", "Open it again, or another file.")
        : problem(
            "This file cannot be read",
            "Get the file again if it may be cut short; its header can be looked at on its own.",
            `weightscope inspect ${named(input)}`,
          );
  }
}

/** Where what was written is no address. */
export const noAddress = (text: string): Problem =>
  explain({ code: "bad-url", message: `${quoted(text, 80)}: no address that could be opened` }, null);

/** Where a sweep was given without the checkpoint that it was measured of. */
export const SWEEP_ALONE: Problem = {
  title: "A sweep without its checkpoint",
  cause: "It says what a command made of smaller files of a checkpoint, and holds no weights.",
  remedy: "Open that checkpoint: what was measured stands among its first figures.",
  command: null,
};

/** Where several texts were given together. */
export const ONE_TEXT: Problem = {
  title: "One text at a time",
  cause: "Pairs of words do not run from one text into the next.",
  remedy: "Drop one of them, or join them into one file.",
  command: null,
};
