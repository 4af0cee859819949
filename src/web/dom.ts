import type { Markup } from "../report/html/markup.js";

const SVG = "http://www.w3.org/2000/svg";

/**
 * A tree as nodes; names and texts are set, never parsed. Policies forbid `style` attributes: what one says is set as a
 * script may.
 */
export function toNode(markup: Markup, svg = false): Element {
  const inside = svg || markup.tag === "svg";
  const element = inside ? document.createElementNS(SVG, markup.tag) : document.createElement(markup.tag);
  for (const [name, value] of Object.entries(markup.attributes))
    if (name === "style") (element as HTMLElement).style.cssText = value;
    else if (name !== "xmlns") element.setAttribute(name, value);
  for (const child of markup.children) element.append(typeof child === "string" ? child : toNode(child, inside));
  return element;
}

type Properties<T> = { [K in keyof T as K extends "attributes" | "on" ? never : K]?: T[K] } & {
  attributes?: Record<string, string>;
  on?: { [E in keyof HTMLElementEventMap]?: (event: HTMLElementEventMap[E]) => void };
};

/** An HTML element with its properties, listeners and children. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Properties<HTMLElementTagNameMap[K]> = {},
  ...children: (Node | string | null)[]
): HTMLElementTagNameMap[K] {
  const { attributes = {}, on = {}, ...rest } = properties;
  const element = document.createElement(tag);
  Object.assign(element, rest);
  for (const [name, value] of Object.entries(attributes as Record<string, string>)) element.setAttribute(name, value);
  for (const [name, listener] of Object.entries(on)) element.addEventListener(name, listener as EventListener);
  element.append(...children.filter((child): child is Node | string => child !== null));
  return element;
}

/** Runs `work` at most once a `milliseconds`, and after the last call. */
export function throttled(work: () => void, milliseconds: number): () => void {
  let timer: ReturnType<typeof setTimeout> | null = null;
  let last = -Infinity;
  return () => {
    if (timer !== null) return;
    timer = setTimeout(
      () => {
        timer = null;
        last = performance.now();
        work();
      },
      Math.max(0, last + milliseconds - performance.now()),
    );
  };
}

/** Calls `work` once when the element comes near the window; the function that is returned forgets it. */
export function whenNear(element: Element, work: () => void): () => void {
  const observer = new IntersectionObserver(
    (entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      observer.disconnect();
      work();
    },
    { rootMargin: "300px" },
  );
  observer.observe(element);
  return () => observer.disconnect();
}

/** Calls `work` whenever the element's size changes, where the host says so: jsdom lays nothing out. */
export function whenResized(element: Element, work: () => void): void {
  if (typeof ResizeObserver === "function") new ResizeObserver(work).observe(element);
}

/** Styles of a shadow root alone: as a sheet, which no policy forbids, or in a `<style>` where none can be made. */
export function addStyles(root: ShadowRoot, css: string): void {
  const sheet = new CSSStyleSheet();
  if (typeof sheet.replaceSync !== "function") return void root.append(make("style", {}, css));
  sheet.replaceSync(css);
  root.adoptedStyleSheets = [sheet];
}

/** Gives the visitor a file to save. */
export const save = (name: string, type: string, content: BlobPart): void =>
  saveBlob(name, new Blob([content], { type }));

/** The same of a Blob, which may lie on a disk. */
export function saveBlob(name: string, content: Blob): void {
  const url = URL.createObjectURL(content);
  make("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** The page's element of that id. */
export const byId = <T extends HTMLElement = HTMLElement>(id: string): T => document.getElementById(id) as T;
