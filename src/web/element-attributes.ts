import type { AnalyzeOptions } from "../types.js";

/** Attributes of the element by the properties that reflect them. */
export const ATTRIBUTES = {
  src: { name: "src", kind: "text" },
  reportSrc: { name: "report-src", kind: "text" },
  loading: { name: "loading", kind: "text" },
  gaussians: { name: "gaussians", kind: "text" },
  permutations: { name: "permutations", kind: "number" },
  svd: { name: "svd", kind: "present" },
  seed: { name: "seed", kind: "number" },
  include: { name: "include", kind: "text" },
  exclude: { name: "exclude", kind: "text" },
  transpose: { name: "transpose", kind: "text" },
  threads: { name: "threads", kind: "number" },
  workerUrl: { name: "worker-url", kind: "text" },
  charts: { name: "charts", kind: "text" },
  table: { name: "table", kind: "present" },
  k: { name: "k", kind: "text" },
  sweepSrc: { name: "sweep-src", kind: "text" },
} as const;

type Kinds = { text: string | null; number: number | null; present: boolean };
/** A property for each attribute: null where it is absent, true where it is present. */
export type Reflected = {
  -readonly [Name in keyof typeof ATTRIBUTES]: Kinds[(typeof ATTRIBUTES)[Name]["kind"]];
};

/** Attributes that change what is shown of the figures, not the figures. */
export const OF_THE_VIEW = new Set(["charts", "table", "k"]);

/** Gives a class of elements the properties. */
export function reflect(prototype: HTMLElement): void {
  for (const [property, { name, kind }] of Object.entries(ATTRIBUTES))
    Object.defineProperty(prototype, property, {
      configurable: true,
      enumerable: true,
      get(this: HTMLElement) {
        const value = this.getAttribute(name);
        return kind === "present" ? value !== null : kind === "number" && value !== null ? Number(value) : value;
      },
      set(this: HTMLElement, value: string | number | boolean | null | undefined) {
        if (value === null || value === undefined || value === false) this.removeAttribute(name);
        else this.setAttribute(name, value === true ? "" : String(value));
      },
    });
}

/** Properties that a page set before the element was defined lie in front of the accessors: they are set again. */
export function upgrade<T extends object>(element: T, names: readonly (keyof T)[]): void {
  for (const name of names) {
    if (!Object.hasOwn(element, name)) continue;
    const value = element[name];
    delete element[name];
    element[name] = value;
  }
}

/** Options of `analyze` as the attributes give them. @throws SyntaxError for a pattern that is none */
export function optionsOf(element: Reflected): AnalyzeOptions {
  const pattern = (given: string | null): RegExp | undefined => (given === null ? undefined : new RegExp(given));
  const { transpose } = element;
  return {
    gaussians: (element.gaussians ?? "auto,8,d/32,d/8").split(/[\s,]+/).filter((one) => one !== ""),
    permutations: element.permutations ?? undefined,
    svd: element.svd,
    seed: element.seed ?? undefined,
    include: pattern(element.include),
    exclude: pattern(element.exclude),
    transpose: transpose === "auto" || transpose === "none" ? transpose : pattern(transpose),
    workerUrl: element.workerUrl ?? undefined,
    // One thread would compute on the page's own.
    threads: Math.max(2, element.threads ?? Math.min(8, navigator.hardwareConcurrency || 2)),
  };
}
