import { environment } from "#host";
import { CheckpointError } from "../base/errors.js";
import { addressShown, quoted } from "../base/printable.js";
import { unescaped } from "../bytes/address.js";
import { HttpTarget } from "../bytes/http.js";
import { type RemoteOptions, remoteLocation } from "../bytes/remote.js";
import type { Location } from "../host/contract.js";
import { directoryCheckpoint } from "./directory.js";
import { JsonError, JsonReader } from "./formats/json.js";

const MAXIMUM_LISTING = 32 << 20;

/**
 * `hf://owner/repo[@revision][/file]` as a file of the Hugging Face Hub, by its public addresses. Without a file, what
 * a directory of the repository's root would open. HF_TOKEN is used where no token is given, and goes to the Hub alone;
 * HF_ENDPOINT names a mirror.
 */
export async function hubLocation(address: string, options: RemoteOptions): Promise<Location> {
  const match = /^hf:\/\/([\w.-]+)\/([\w.-]+)(?:@(refs\/(?:pr|convert)\/[^/]+|[^/]+))?(?:\/(.+))?$/i.exec(address);
  const [, owner, repository, revision = "main", path] = match ?? [];
  const segments = path?.split("/") ?? [];
  if (!match || [owner, repository, ...segments].some((part) => part === "" || part === "." || part === ".."))
    throw new CheckpointError(
      "bad-url",
      `${quoted(addressShown(address))}: expected hf://owner/repo, hf://owner/repo@revision or either with /file`,
    );
  const endpoint = (environment("HF_ENDPOINT") ?? "https://huggingface.co").replace(/\/+$/, "");
  if (!/^https?:\/\//i.test(endpoint) || !URL.canParse(endpoint))
    throw new CheckpointError("bad-url", `HF_ENDPOINT is no address: ${quoted(addressShown(endpoint))}`);
  const withToken = { ...options, token: options.token ?? environment("HF_TOKEN") };
  // `refs%2Fpr%2F1` is written for `refs/pr/1`, where a slash would end the revision.
  const encodedRevision = encodeURIComponent(unescaped(revision));
  const file = (name: string) =>
    remoteLocation(
      `${endpoint}/${owner}/${repository}/resolve/${encodedRevision}/` +
        name.split("/").map(encodeURIComponent).join("/"),
      withToken,
    );
  if (path !== undefined) return file(path);

  const listing = new HttpTarget(
    `${endpoint}/api/models/${owner}/${repository}/revision/${encodedRevision}`,
    withToken,
  );
  const fileNames = await listFiles(listing, options.signal ?? new AbortController().signal);
  return directoryCheckpoint({
    name: address,
    fileNames: fileNames.filter((name) => !name.includes("/")).sort(),
    file,
  });
}

/** The `siblings` of the Hub's description of a model: every file's path. */
async function listFiles(target: HttpTarget, signal: AbortSignal): Promise<string[]> {
  const text = await target.retrying(async () => {
    const response = await target.attempt(signal, (watched) => target.request({ accept: "application/json" }, watched));
    const chunks: Uint8Array<ArrayBuffer>[] = [];
    let length = 0;
    const reader = response.body!.getReader() as ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>;
    for (let next = await target.next(reader); !next.done; next = await target.next(reader)) {
      chunks.push(next.value as Uint8Array<ArrayBuffer>);
      length += next.value.length;
      if (length > MAXIMUM_LISTING) {
        await reader.cancel();
        throw new CheckpointError(
          "header-too-large",
          `${target.address}: a list of files of more than ${MAXIMUM_LISTING} bytes`,
        );
      }
    }
    return new Blob(chunks).text();
  }, signal);
  const names: string[] = [];
  try {
    const reader = new JsonReader(text);
    reader.object((key) => {
      if (key !== "siblings") return void reader.value();
      reader.array(() =>
        reader.object((field) => {
          if (field === "rfilename") names.push(reader.string());
          else reader.value();
        }),
      );
    });
  } catch (error) {
    if (error instanceof JsonError)
      throw new CheckpointError("invalid-index", `${target.address}: the list of files is not valid: ${error.message}`);
    throw error;
  }
  return names;
}
