import { describe, expect, it } from "vitest";
import { ROLES } from "../../src/checkpoint/name-tables.js";
import { signalHeat, signalHeatTable } from "../../src/report/html/heat.js";
import { h, markupText } from "../../src/report/html/markup.js";
import { renderHtml } from "../../src/report/html.js";
import { modelFile, report, waves } from "./report.js";

const hostile = [
  "<script>alert(1)</script>",
  '"><img src=x onerror=alert(1)>',
  "'; --></style><svg onload=alert(1)>",
  "a\u202eb\u0007c",
  "]]>&lt;",
  "</title><iframe src=javascript:alert(1)>",
];

describe("the report as one HTML file", () => {
  it("shows every matrix, every K, the layers and the paper's tables without a script", async () => {
    const made = await report();
    const html = renderHtml(made);
    for (const { name } of made.matrices) expect(html).toContain(`>${name}</th>`);
    // All matrices have 32 columns.
    for (const names of ["auto, d/4", "4"]) expect(html).toContain(`>Matrices, K = ${names}</caption>`);
    expect(html.match(/<svg /g)).toHaveLength(6);
    expect(html).toContain("29.87");
    expect(html).not.toMatch(/<script|<link|\bsrc=|@import|url\(/i);
    expect(html).toContain("default-src 'none'");
    expect(html).toContain(made.matrices[1].gaussian[0].energy.toFixed(3));
  });

  it("says before any figure what a reader must know, and what is left out by its reason", async () => {
    const made = await report();
    made.source.notes.push("nothing but zeros: <b>", "figures are of 3 of 4 matrices");
    made.summary.failed.push({ name: "a.weight", reason: "bytes that are damaged" });
    for (let i = 0; i < 100; i++) made.source.skipped.push({ name: `scales.${i}`, reason: "companion of a weight" });
    const html = renderHtml(made);
    const notes = html.slice(html.indexOf(">Notes<"), html.indexOf("<table"));
    expect(notes).toContain("<li>nothing but zeros: &lt;b&gt;</li><li>figures are of 3 of 4 matrices</li>");
    expect(notes).toContain("<li>a.weight could not be done: bytes that are damaged</li>");
    expect(html).toContain("companion of a weight: scales.0, scales.1, ");
    expect(html).toContain("scales.11, and 88 more</li>");
    expect(html).not.toContain("scales.12");
    expect(renderHtml(await report())).not.toContain(">Notes<");
  });

  it("answers first, then has charts, what is most notable and the appendix, with links that lead there", async () => {
    const made = await report();
    const html = renderHtml([made, made]);
    const order = [
      'class="answer"',
      'id="figures"',
      "<svg ",
      'class="scroll heat"',
      'id="notable"',
      'id="facts"',
      'id="matrices"',
      'id="options"',
    ];
    const places = order.map((part) => html.indexOf(part));
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(places[0]).toBeGreaterThan(0);
    const ids = [...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const links = [...html.matchAll(/ href="#([^"]+)"/g)].map(([, id]) => id);
    expect(links.sort()).toEqual(ids.sort());
    const notable = html.slice(html.indexOf("Furthest from noise"), html.indexOf('id="facts"'));
    expect(notable.match(/scope="row"/g)).toHaveLength(10);
  });

  it("has the page's map of signal, and every chart of matrices beside what noise or chance would be", async () => {
    const made = await report();
    const html = renderHtml(made);
    expect(html).toContain(markupText(signalHeatTable(signalHeat(made.matrices))!));
    const drawn = [...html.matchAll(/<figure>.*?<\/figure>/gs)].map(([figure]) => ({
      title: /<h3>(.*?)<\/h3>/.exec(figure)![1],
      null: /<text[^>]*>[^<]*(noise|chance)[^<]*<\/text>/.test(figure),
    }));
    expect(drawn.filter((one) => !one.null).map(({ title }) => title)).toEqual(["Layer norms by depth"]);
    expect(drawn.length).toBe(6);
  });

  it("names its day and command where they are given, and is one file where they are not", async () => {
    const made = await report();
    const html = renderHtml(made, { date: "2031-02-03", command: "weightscope analyze <a>" });
    expect(html).toContain("2031-02-03. weightscope ");
    expect(html).toContain("<code><span>weightscope</span> <span>analyze</span> <span>&lt;a&gt;</span></code>");
    expect(renderHtml(made)).toBe(renderHtml(made));
    expect(renderHtml(made)).not.toContain("<code>");
  });

  it("takes less than 2 MB for 10,000 matrices with four K, spectra and nulls", async () => {
    const made = await report({ gaussians: ["auto", 8, "d/4", "d/2"], permutations: 20, spectrum: "all" });
    const jitter = (i: number): number => 1 + ((i * 7919) % 1009) / 1009;
    const matrices = Array.from({ length: 10_000 }, (_, i) => {
      const matrix = structuredClone(made.matrices[i % made.matrices.length]);
      const { participation } = matrix;
      if (participation)
        for (const name of ["value", "lower", "upper", "stableRank"] as const) participation[name] *= jitter(i);
      for (const fit of matrix.gaussian) fit.amplitudeParticipationRatio! *= jitter(i + 1);
      const layer = i >> 3;
      const name = `model.layers.${layer}.block.${i}.weight`;
      return { ...matrix, name, stack: "model.layers", layer, role: ROLES[i % 8] };
    });
    const layers = Array.from({ length: 1250 }, (_, layer) => ({ ...made.layers[0], layer }));
    const html = renderHtml({ ...made, matrices, layers });
    expect(html.length).toBeLessThan(2e6);
    expect(html).toContain("and 9,500 more");
    expect(html.match(/--heat:/g)!.length).toBe(1600);
  });

  it("escapes hostile names wherever they stand", async () => {
    const made = await report(
      {},
      modelFile(2, Object.fromEntries(hostile.map((name, i) => [name, { shape: [8, 8], values: waves(8, 8, i) }]))),
    );
    made.source.name = hostile[0];
    made.source.skipped.push({ name: hostile[1], reason: hostile[2] });
    made.options.include = hostile[1];
    const html = renderHtml(made);
    const body = html.slice(html.indexOf("</style>"));
    expect(body).not.toMatch(/<(script|img|iframe|svg onload)/i);
    expect(body.match(/<style/g)).toBeNull();
    expect(body).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
    expect(body.includes("\u202e") || body.includes("\u0007")).toBe(false);
    // Every tag that is there is one that this file writes.
    const tags = new Set([...body.matchAll(/<([a-z0-9]+)/gi)].map(([, tag]) => tag));
    for (const tag of tags)
      expect([
        "body",
        "main",
        "article",
        "h1",
        "h2",
        "h3",
        "p",
        "dl",
        "div",
        "dt",
        "dd",
        "table",
        "caption",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "figure",
        "figcaption",
        "span",
        "svg",
        "g",
        "line",
        "path",
        "text",
        "rect",
        "circle",
        "nav",
        "a",
        "code",
        "title",
        "ul",
        "li",
        "section",
      ]).toContain(tag);
  });

  it("balances its tags", async () => {
    const html = renderHtml([await report(), await report()]);
    const open: string[] = [];
    for (const [, end, tag] of html.matchAll(/<(\/?)([a-z0-9]+)[^>]*>/g)) {
      if (tag === "meta") continue;
      if (end === "") open.push(tag);
      else expect(open.pop()).toBe(tag);
    }
    expect(open).toEqual([]);
  });

  it("says that there are no matrices, and of matrices without a fit no more than there is", async () => {
    const none = await report({ include: /nothing/ });
    expect(renderHtml(none)).toContain("There are no matrices");
    const zeros = await report(
      {},
      modelFile(0, {
        zero: { shape: [8, 8], values: new Float32Array(64) },
        broken: { shape: [8, 8], values: new Float32Array(64).fill(NaN) },
      }),
    );
    expect(renderHtml(zeros)).not.toMatch(/NaN|undefined|Infinity/);
  });

  it("writes markup with attributes and text escaped", () => {
    expect(markupText(h("p", { title: "\"<&>'", hidden: true, lang: null }, "<", 1, false, ["&", h("br")]))).toBe(
      '<p title="&quot;&lt;&amp;&gt;&#39;" hidden="">&lt;1&amp;<br></p>',
    );
  });
});
