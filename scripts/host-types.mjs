/**
 * Declarations that name what the DOM library declares (URL, Blob, AbortSignal…), for projects without it: each name
 * stands for the host's type where one is declared, by any library, and else for the part of it that is used here.
 */
import { readFileSync, writeFileSync } from "node:fs";

/** @param {string} name @param {string} otherwise */
const instance = (name, otherwise) =>
  `typeof globalThis extends { ${name}: { prototype: infer Declared } } ? Declared : ${otherwise}`;

/** name → declaration. */
const declarations = {
  AbortSignal: `type AbortSignal = ${instance("AbortSignal", "{ readonly aborted: boolean; readonly reason: any }")};`,
  URL: `type URL = ${instance("URL", "{ readonly href: string; toString(): string }")};`,
  Blob: `type Blob = ${instance("Blob", "{ readonly size: number; arrayBuffer(): Promise<ArrayBuffer> }")};`,
  // What a stream gives would be lost with its type's argument.
  ReadableStream: `type ReadableStream<T> = (${instance("ReadableStream", "unknown")}) & {
	getReader(): { read(): Promise<{ done: boolean; value?: T | undefined }>; cancel(reason?: any): Promise<void> };
};`,
  fetch: `declare const fetch: typeof globalThis extends { fetch: infer Declared }
	? Declared
	: (input: string | URL, init?: any) => Promise<any>;`,
  WebAssembly: `declare namespace WebAssembly {
	type Module = typeof globalThis extends { WebAssembly: { Module: { prototype: infer Declared } } } ? Declared : object;
}`,
};

/** Comments say some of the names, and take nothing from the host. */
const withoutComments = (/** @type {string} */ text) => text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");

/**
 * Adds those that a file of declarations needs.
 * @param {string} file
 */
export function declareHostTypes(file) {
  const text = readFileSync(file, "utf8");
  const code = withoutComments(text);
  const has = (name, where) => new RegExp(`(?<![.\\w])${name}\\b(?!\\??[:(])`).test(where);
  let names = Object.keys(declarations).filter((name) => has(name, code));
  const named = names.map((name) => declarations[name]).join("\n");
  names = Object.keys(declarations).filter((name) => names.includes(name) || has(name, named));
  writeFileSync(file, `${names.map((name) => declarations[name]).join("\n")}\n${text}`);
}
