// jsdom's names over Node's, as testing libraries put them there: AbortSignal, Blob, Event, URL… are then not Node's.
// Prints the report that the other consumers must print.
import { readFile } from "node:fs/promises";
import { runInNewContext } from "node:vm";
import { JSDOM } from "jsdom";

const { window } = new JSDOM("<!doctype html>", { url: "https://example.org/", pretendToBeVisual: true });
/** jsdom's own are made of Node's by these very names. */
const NODES = /^(?:performance|console|queueMicrotask|(?:set|clear)(?:Timeout|Interval))$/;
const language = new Set(runInNewContext("Object.getOwnPropertyNames(globalThis)"));
for (const name of Object.getOwnPropertyNames(window)) {
  if (!language.has(name) && !NODES.test(name) && !name.startsWith("_"))
    Object.defineProperty(globalThis, name, { configurable: true, writable: true, value: window[name] });
}
// A window's own in browsers, and inherited here.
for (const name of ["addEventListener", "removeEventListener", "dispatchEvent"]) {
  globalThis[name] = window[name].bind(window);
}
if (!(new AbortController().signal instanceof window.AbortSignal)) throw new Error("this is not jsdom");

const { analyze } = await import("weightscope");
await import("weightscope/element");
const bytes = new Uint8Array(await readFile(process.argv[2]));
const report = await analyze(bytes, { threads: 2, signal: new AbortController().signal });

const stopped = await analyze(bytes, { signal: AbortSignal.abort() }).catch((error) => error);
if (!(stopped instanceof window.DOMException)) throw new Error(`an abort gave ${stopped}`);

const element = document.createElement("weight-scope");
element.report = report;
const shown = new Promise((resolve, reject) => {
  element.addEventListener("report", resolve);
  element.addEventListener("failed", ({ detail }) => reject(detail.error));
});
document.body.append(element);
await shown;
const { directions, of } = report.summary.signal;
const count = (number) => new Intl.NumberFormat("en").format(number);
const answer = `${count(directions)} of ${count(of)} directions stand above noise`;
const text = element.shadowRoot.textContent;
if (!text.includes(answer)) throw new Error(`the element does not say ${answer}`);
console.log(JSON.stringify(report));
window.close();
