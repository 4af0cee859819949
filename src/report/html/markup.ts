/**
 * A tree of HTML or SVG: drawn as text for files (here) and as nodes for pages (src/web/dom.ts), so that neither ever
 * parses a string.
 */
export interface Markup {
  tag: string;
  attributes: Record<string, string>;
  children: (Markup | string)[];
}
/** What stands within an element: null, undefined and false are nothing. */
export type Child = Markup | string | number | null | undefined | false | Child[];
/** Attributes of an element: true is one without a value; false, null and undefined are left out. */
export type Attributes = Record<string, string | number | boolean | null | undefined>;

/** An element. Attributes that are null, undefined or false are left out; `true` is the empty value. */
export function h(tag: string, attributes: Attributes = {}, ...children: Child[]): Markup {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) kept[name] = value === true ? "" : String(value);
  }
  const flat: (Markup | string)[] = [];
  const add = (child: Child): void => {
    if (Array.isArray(child)) child.forEach(add);
    else if (child !== null && child !== undefined && child !== false)
      flat.push(typeof child === "number" ? String(child) : child);
  };
  children.forEach(add);
  return { tag, attributes: kept, children: flat };
}

const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** The text with the five characters that mean something in HTML, in text and in attributes, as entities. */
export function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character]);
}

const voids = new Set(["meta", "link", "br", "hr", "input", "img"]);

/** The tree as HTML, which is well-formed XML too where no void element or `style` is in it. */
export function markupText({ tag, attributes, children }: Markup): string {
  const start = `<${tag}${Object.entries(attributes)
    .map(([name, value]) => ` ${name}="${escapeText(value)}"`)
    .join("")}>`;
  if (voids.has(tag)) return start;
  const inner = children.map((child) => (typeof child === "string" ? escapeText(child) : markupText(child)));
  return `${start}${inner.join("")}</${tag}>`;
}
