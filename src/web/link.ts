import type { Settings } from "./messages.js";
import { DEFAULT_SETTINGS } from "./settings.js";

/** The tabs of the page, in their order. */
export const views = ["overview", "matrices", "tensors", "paper", "compare", "compress"] as const;
/** One of them. */
export type View = (typeof views)[number];

/** All that a link restores: the addresses, what is looked at, and the options that differ from the defaults. */
export interface Place {
  /** Address of the checkpoint, and of the one it is compared with. */
  source: string;
  other: string;
  view: View;
  matrix: string;
  /** Which K of the report. */
  k: number;
  sort: string;
  descending: boolean;
  find: string;
  role: string;
  /** Keys of the columns that were added to the table. */
  columns: string;
  settings: Settings;
}

/** Where a visitor without a link stands. */
export const START: Place = {
  source: "",
  other: "",
  view: "overview",
  matrix: "",
  k: 0,
  sort: "",
  descending: false,
  find: "",
  role: "",
  columns: "",
  settings: DEFAULT_SETTINGS,
};

/** What a link says for the model that comes with the page. */
export const EXAMPLE = "example";

const isAddress = (text: string): boolean => text === EXAMPLE || /^(https?|hf):\/\/\S+$/i.test(text);

/** A link comes from anywhere: what does not fit is the default. */
export function readLink(hash: string): Place {
  const given = new URLSearchParams(hash.replace(/^#/, ""));
  const text = (name: string): string => (given.get(name) ?? "").slice(0, 4000);
  const number = (name: string, otherwise: number, least: number, most: number): number => {
    const value = Number(given.get(name) ?? NaN);
    return Number.isFinite(value) && value >= least && value <= most ? value : otherwise;
  };
  const address = (name: string): string => (isAddress(text(name)) ? text(name) : "");
  const base = DEFAULT_SETTINGS;
  const list = text("gaussians")
    .split(",")
    .filter((one) => /^(auto|d\/\d{1,4}|\d{1,6})$/.test(one))
    .slice(0, 24);
  return {
    source: address("src"),
    other: address("with"),
    view: views.find((view) => view === text("view")) ?? START.view,
    matrix: text("matrix"),
    k: Math.trunc(number("k", 0, 0, 23)),
    sort: text("sort"),
    descending: given.get("order") === "down",
    find: text("find"),
    role: text("role"),
    columns: text("columns"),
    settings: {
      gaussians: list.length > 0 ? list : base.gaussians,
      permutations: Math.trunc(number("permutations", base.permutations, 0, 1000)),
      svd: given.has("svd") ? given.get("svd") !== "no" : base.svd,
      seed: number("seed", base.seed, -1e15, 1e15),
      width: number("width", base.width, 0.01, 100),
      include: text("include"),
      exclude: text("exclude"),
      transpose: text("transpose"),
      threads: Math.trunc(number("threads", base.threads, 0, 64)),
    },
  };
}

/** Whether a place shows other checkpoints, or figures by other options, than another one. */
export const opensOther = (a: Place, b: Place): boolean =>
  a.source !== b.source ||
  a.other !== b.other ||
  writeLink({ ...START, settings: a.settings }) !== writeLink({ ...START, settings: b.settings });

/** The shortest link that `readLink` reads as this place. */
export function writeLink(place: Place): string {
  const { settings } = place;
  const base = DEFAULT_SETTINGS;
  const parts = new URLSearchParams();
  const put = (name: string, value: string, otherwise: string): void => {
    if (value !== otherwise) parts.set(name, value);
  };
  put("src", place.source, "");
  put("with", place.other, "");
  put("view", place.view, START.view);
  put("matrix", place.matrix, "");
  put("k", String(place.k), "0");
  put("sort", place.sort, "");
  put("order", place.descending ? "down" : "up", "up");
  put("find", place.find, "");
  put("role", place.role, "");
  put("columns", place.columns, "");
  put("gaussians", settings.gaussians.join(","), base.gaussians.join(","));
  for (const name of ["permutations", "seed", "width", "include", "exclude", "transpose", "threads"] as const)
    put(name, String(settings[name]), String(base[name]));
  put("svd", settings.svd ? "yes" : "no", base.svd ? "yes" : "no");
  const text = parts.toString();
  return text === "" ? "" : `#${text}`;
}
