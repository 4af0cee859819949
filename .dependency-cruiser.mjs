/**
 * What stands where (ARCHITECTURE.md draws it): a room imports those before it in this list, never those after. Whoever
 * reads one thing then never has to read what is built on it, and nothing that is small ends up needing everything.
 */
const stair = [
  "base",
  "host",
  "kernels",
  "gaussians",
  "spectra",
  "bytes",
  "transitions",
  "checkpoint",
  "matrix",
  "parallel",
  "analyze",
  "compress",
  "compare",
  "distribute",
  "scaling",
  "report",
  "cli",
  "web",
];
/** @param {number} step */
const above = (step) => `^src/(?:${stair.slice(step + 1).join("|")})/`;
const entries = "^src/(?:index|index-node|jobs)[.]ts$";

/** @type {import("dependency-cruiser").IConfiguration} */
export default {
  forbidden: [
    {
      name: "no-circle",
      comment: "Two files that need each other, types included, are one file or hide a third that both need.",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    ...stair.slice(0, -1).map((room, step) => ({
      name: `${room}-imports-down`,
      comment: "The stair above: what is needed here from further up belongs further down.",
      severity: /** @type {const} */ ("error"),
      from: { path: `^src/${room}/` },
      to: { path: above(step) },
    })),
    {
      name: "every-room-has-its-step",
      comment: "A new folder of src/ takes its place in the stair; the root keeps its five files.",
      severity: "error",
      from: {},
      to: {
        path: "^src/",
        pathNot: `^src/(?:(?:types|${stair.join("|")})/|(?:index|index-node|jobs|load|types)[.]ts$)`,
      },
    },
    {
      name: "compress-and-compare-apart",
      comment: "Both stand on analyze/; what they share belongs there or below.",
      severity: "error",
      from: { path: "^src/(compress|compare)/" },
      to: { path: "^src/(compress|compare)/", pathNot: "^src/$1/" },
    },
    {
      name: "cli-and-web-apart",
      comment: "The commands and the page know nothing of each other.",
      severity: "error",
      from: { path: "^src/(cli|web)/" },
      to: { path: "^src/(cli|web)/", pathNot: "^src/$1/" },
    },
    {
      name: "entries-are-not-imported",
      comment:
        "They gather what users get; a room that imports one imports everything. " +
        "Only the element, the page's other entry, may.",
      severity: "error",
      from: { path: "^src/[a-z]+/", pathNot: "^src/web/element[.]ts$" },
      to: { path: entries },
    },
    {
      name: "types-need-nothing",
      comment: "src/types.ts and src/types/ are what every room may speak of.",
      severity: "error",
      from: { path: "^src/types(?:[.]ts$|/)" },
      to: { path: "^src/", pathNot: "^src/types/" },
    },
    {
      name: "types-by-one-door",
      comment: "Which file of src/types/ a shape stands in is nobody's concern: all are had from src/types.ts.",
      severity: "error",
      from: { path: "^src/", pathNot: "^src/types(?:[.]ts$|/)" },
      to: { path: "^src/types/" },
    },
    {
      name: "node-in-cli-and-host-only",
      comment: "Everything else runs in a browser too.",
      severity: "error",
      from: { path: "^src/", pathNot: "^src/(?:cli|host)/" },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "one-file-knows-the-loader",
      comment: "Instantiation is src/kernels/machine.ts's; data moves by pointer.",
      severity: "error",
      from: { pathNot: "^src/kernels/machine[.]ts$" },
      to: { path: "@assemblyscript/loader" },
    },
    {
      name: "no-dependencies-at-run-time",
      comment:
        "The library has none: what is bundled is named here, and in THIRD-PARTY-NOTICES. " +
        "Two files know the queue's engine, an optional peer.",
      severity: "error",
      from: { path: "^src/", pathNot: "^src/distribute/(?:bullmq|bull-engine)[.]ts$" },
      to: {
        path: "node_modules",
        pathNot: "node_modules/(?:@assemblyscript/loader|cli-progress|string-width|@types)/",
      },
    },
    {
      name: "resolvable",
      comment: "An import of what is not there.",
      severity: "error",
      from: {},
      to: { couldNotResolve: true, pathNot: "^#host$" },
    },
  ],
  options: {
    tsConfig: { fileName: "tsconfig.json" },
    tsPreCompilationDeps: true,
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^(?:build|dist)/" },
  },
};
