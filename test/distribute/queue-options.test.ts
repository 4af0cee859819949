import { expect, it } from "vitest";
import * as bullmq from "../../src/distribute/bullmq.js";
import { example } from "../cli/run.js";

const untyped = bullmq as unknown as Record<string, (...given: unknown[]) => Promise<unknown>>;
// Nothing answers there: what is refused is refused before anybody is asked.
const queue = { url: "redis://127.0.0.1:1" };
const { signal } = new AbortController();

it("refuses what is no option of a queue, and says which may be meant, before a server is asked", async () => {
  const wrong: [name: string, given: unknown[], message: RegExp][] = [
    ["openJobQueue", [undefined], /^options must be an object with url, not undefined$/],
    ["openJobQueue", [queue.url], /^options must be an object with url, not string$/],
    ["openJobQueue", [{}], /^options\.url must be a string, not undefined$/],
    ["openJobQueue", [{ url: new URL(queue.url) }], /^options\.url must be a string, not URL$/],
    ["openJobQueue", [{ ...queue, prefx: "a" }], /^options\.prefx is no option \(did you mean prefix\?\)$/],
    ["openJobQueue", [{ ...queue, prefix: 5 }], /^options\.prefix must be a string, not number$/],
    ["openJobQueue", [{ ...queue, onTrouble: "x" }], /^options\.onTrouble must be a function, not string$/],
    ["workForQueue", [undefined], /^options must be an object with queue, allow and signal, not undefined$/],
    ["workForQueue", [{ allow: [], signal }], /^options\.queue must be an object with url, not undefined$/],
    ["workForQueue", [{ queue: { ...queue, nam: "a" }, allow: [], signal }], /^options\.queue\.nam is no option/],
    ["workForQueue", [{ queue, allow: "https://a.example/", signal }], /^options\.allow must be an array .* string$/],
    ["workForQueue", [{ queue, allow: [] }], /^options\.signal must be an AbortSignal, not undefined$/],
    ["workForQueue", [{ queue, allow: [], signal: {} }], /^options\.signal must be an AbortSignal, not Object$/],
    ["workForQueue", [{ queue, allow: [], signal, memory: "1" }], /^memory must be a number, not string$/],
    ["workForQueue", [{ queue, allow: [], signal, allowPaths: [] }], /no option \(did you mean allowPath\?\)$/],
    ["analyzeByQueue", [example], /^options must be an object with queue and address, not undefined$/],
    ["analyzeByQueue", [example, { queue }], /^options\.address must be a string, not undefined$/],
    ["analyzeByQueue", [example, { queue, address: "/a", sead: 1 }], /^options\.sead is no option/],
    ["analyzeByQueue", [example, { address: "/a" }], /^options\.queue must be an object with url, not undefined$/],
  ];
  for (const [name, given, message] of wrong) {
    const error = await untyped[name](...given).catch((reason: unknown) => reason);
    expect(error, `${name} ${String(message)}`).toBeInstanceOf(TypeError);
    expect((error as Error).message).toMatch(message);
  }
});
