import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { answerOf } from "../../src/report/answer.js";
import { reportCsv } from "../../src/report/csv.js";
import { renderHtml } from "../../src/report/html.js";
import { jsonText } from "../../src/report/json.js";
import { painter } from "../../src/report/layout.js";
import { reportMarkdown } from "../../src/report/markdown.js";
import { reportTable } from "../../src/report/table.js";
import type { MatrixReport, Report } from "../../src/types.js";
import {
  csvCells,
  type Expected,
  expectCells,
  expectExact,
  expectShown,
  htmlTables,
  markdownTables,
  positive,
  shares,
  signed,
} from "./printed.js";
import { fit, matrix, report, spectrum } from "./sample.js";

/** The report of `analyze` and `merge`, with figures of any size. */
const counts = fc.integer({ min: 1, max: 10_000_000 });
const matrices = fc.array(
  fc
    .record({
      side: counts,
      directions: counts,
      ranks: fc.tuple(counts, counts, counts),
      share: shares,
      energies: fc.tuple(shares, shares, shares, shares),
      sizes: fc.tuple(positive, positive, positive, positive, positive, positive, positive, positive),
      z: signed.filter((value) => Math.abs(value) < 1e6),
      gaussians: counts,
    })
    .map(({ side, directions, ranks, share, energies, sizes, z, gaussians }): MatrixReport => {
      const plain = matrix("m", null);
      const [value, noise, norm, effectiveRank, stableRank, amplitudes, chance, edge] = sizes;
      const [energy, permutedEnergy, svdEnergy, svdAtEqualNumbers] = energies;
      return {
        ...plain,
        rows: side,
        columns: side,
        shape: [side, side],
        norms: { ...plain.norms, norm },
        participation: { ...plain.participation!, value, lower: value, upper: value, stableRank },
        noiseParticipationRatio: noise,
        spectrum: {
          ...spectrum(directions, { parameters: directions, energy: share, edge, noiseVariance: noise }),
          effectiveRank,
          energyRanks: { "0.5": ranks[0], "0.9": ranks[1], "0.99": ranks[2] },
        },
        gaussian: [
          fit({
            ...{ gaussians, energy, permutedEnergy, svdEnergy, svdAtEqualNumbers, verdict: "structure" },
            permuted: { standardDeviation: 0.1, z, permutations: 20 },
            ...{ amplitudeParticipationRatio: amplitudes, noiseAmplitudeParticipationRatio: chance },
          }),
        ],
      };
    }),
  { minLength: 1, maxLength: 3 },
);
const layers = fc.array(
  fc
    .record({ matrices: counts, parameters: counts, norm: positive, normPerParameter: positive, error: positive })
    .map(({ error, ...one }) => ({ ...one, normStandardError: error })),
  { minLength: 2, maxLength: 3 },
);
const reports = fc.tuple(matrices, layers).map(([all, own]): Report => {
  const named = all.map((one, i) => ({ ...one, name: `m${i}` }));
  return report(named, { layers: own.map((one, layer) => ({ ...one, stack: "layers", layer })) });
});

const percent = (share: number): number => share * 100;
/** A column of the table: its title, and what it stands for. */
const figures: [title: string, of: (one: MatrixReport) => Expected][] = [
  ["shape", ({ rows, columns }) => `${rows} × ${columns}`],
  ["signal", ({ spectrum: found }) => found!.signal.directions],
  ["of", ({ rows }) => rows],
  ["holds", ({ spectrum: found }) => percent(found!.signal.energy)],
  ["90 % in", ({ spectrum: found }) => found!.energyRanks["0.9"]],
  ["effective rank", ({ spectrum: found }) => found!.effectiveRank],
  ["PR", ({ participation }) => participation!.value],
  ["noise", ({ noiseParticipationRatio }) => noiseParticipationRatio],
  ["stable rank", ({ participation }) => participation!.stableRank],
  ["norm", ({ norms }) => norms.norm],
  ["K", ({ gaussian: [one] }) => one.gaussians],
  ["fit %", ({ gaussian: [one] }) => percent(one.energy)],
  ["chance", ({ gaussian: [one] }) => percent(one.permutedEnergy)],
  ["z", ({ gaussian: [one] }) => one.permuted!.z],
  ["best", ({ gaussian: [one] }) => percent(one.svdEnergy!)],
  ["equal", ({ gaussian: [one] }) => percent(one.svdAtEqualNumbers!)],
  ["verdict", ({ gaussian: [one] }) => one.verdict!],
  ["amplitude PR", ({ gaussian: [one] }) => one.amplitudeParticipationRatio!],
  ["noise", ({ gaussian: [one] }) => one.noiseAmplitudeParticipationRatio!],
];
/** One blank parts some columns; those beside × are of a shape. */
const cellsOf = (line: string): string[] => line.trim().split(/(?<!×) +(?!×)/);

describe("figures of a report, as analyze and merge print it", () => {
  it("stand in the table, all its columns, and in that of the layers", () => {
    fc.assert(
      fc.property(reports, (given) => {
        const lines = reportTable(given, { columns: 500, paint: painter(false) }).split("\n");
        const head = lines.findIndex((line) => line.startsWith("matrix "));
        expect(lines[head].trim().split(/ +/).join(" ")).toBe(`matrix ${figures.map(([title]) => title).join(" ")}`);
        given.matrices.forEach((one, i) => {
          const row = lines.find((line) => line.startsWith(`  m${i} `))!;
          expectCells(cellsOf(row), [`m${i}`, ...figures.map(([, of]) => of(one))]);
        });
        const table = lines.findIndex((line) => /^layer +matrices/.test(line)) + 1;
        given.layers.forEach((one, i) => {
          const [number, found, parameters, ...rest] = lines[table + i].replace(" ± ", "±").trim().split(/ +/);
          const [norm, each] = rest.filter((cell) => !/^[–▪]/.test(cell));
          expectCells([number, found, parameters, each], [i, one.matrices, one.parameters, one.normPerParameter]);
          expectShown(norm, one.norm, one.normStandardError);
        });
      }),
    );
  });

  it("stand in the Markdown's three tables", () => {
    fc.assert(
      fc.property(reports, (given) => {
        const [main, spectra, ofLayers] = markdownTables(reportMarkdown([{ source: "m", report: given }]));
        const without = ["90 % in", "effective rank", "stable rank", "z", "amplitude PR"];
        const shown = figures.slice(0, -1).filter(([title]) => !without.includes(title) && title !== "of");
        given.matrices.forEach((one, i) => {
          expectCells(main[i], [`\`m${i}\``, undefined, undefined, ...shown.map(([, of]) => of(one))]);
          const { signal, effectiveRank, numericalRank } = one.spectrum!;
          expectCells(spectra[i].slice(1, 3), [signal.directions, signal.parameters]);
          expectCells(spectra[i].slice(6, 8), [signal.edge, signal.noiseVariance]);
          expectCells(spectra[i].slice(10, 12), [effectiveRank, numericalRank]);
        });
        given.layers.forEach((one, i) => {
          expectCells(ofLayers[i].slice(1, 4), [i, one.matrices, one.parameters]);
          expectShown(ofLayers[i][4], one.norm, one.normStandardError);
          expectShown(ofLayers[i][5], one.normPerParameter);
        });
      }),
    );
  });

  it("stand in csv and json in every bit", () => {
    fc.assert(
      fc.property(reports, (given) => {
        const [head, ...rows] = csvCells(reportCsv([{ source: "m", report: given }]));
        given.matrices.forEach((one, i) => {
          const cell = (name: string): string => rows[i][head.indexOf(name)];
          const { gaussian, norms, participation, spectrum: found } = one;
          const [first] = gaussian;
          const expected = {
            ...{ rows: one.rows, norm: norms.norm, participationRatio: participation!.value, z: first.permuted!.z },
            ...{ stableRank: participation!.stableRank, signalDirections: found!.signal.directions },
            ...{ signalEnergy: found!.signal.energy, rankOf90Percent: found!.energyRanks["0.9"] },
            ...{ energy: first.energy, permutedEnergy: first.permutedEnergy, gaussians: first.gaussians },
          };
          for (const [name, value] of Object.entries(expected)) expectExact(cell(name), value);
        });
        expect(JSON.parse(jsonText(given))).toEqual(JSON.parse(JSON.stringify(given)));
      }),
    );
  });

  it("stand in the HTML, and the answer in all of them", () => {
    fc.assert(
      fc.property(reports, (given) => {
        const page = renderHtml(given);
        const rows = htmlTables(page).get("Matrices, K = auto")!;
        const heads = [
          ...page
            .split("<caption>Matrices, K = auto</caption>")[1]
            .split("</thead>")[0]
            .matchAll(/>([^<>]+)<\/th>/g),
        ];
        const titles = heads.map(([, title]) => title);
        given.matrices.forEach((one, i) => {
          const cell = (title: string): string => rows[i][titles.indexOf(title)];
          const { participation, spectrum: found, norms, noiseParticipationRatio, gaussian } = one;
          const [first] = gaussian;
          const expected: [string, number][] = [
            ...([
              ["Rows", one.rows],
              ["Signal", found!.signal.directions],
              ["90 % in", found!.energyRanks["0.9"]!],
            ] as const),
            ...([
              ["Holds", found!.signal.energy],
              ["Effective rank", found!.effectiveRank!],
              ["Norm", norms.norm],
            ] as const),
            ...([
              ["PR", participation!.value],
              ["PR of noise", noiseParticipationRatio],
            ] as const),
            ...([
              ["Stable rank", participation!.stableRank],
              ["Fit", first.energy],
              ["Best", first.svdEnergy!],
            ] as const),
            ...([
              ["Chance", first.permutedEnergy],
              ["z", first.permuted!.z],
            ] as const),
            ["Amplitude PR", first.amplitudeParticipationRatio!],
          ].map(([title, value]) => [String(title), Number(value)]);
          for (const [title, value] of expected) expectShown(cell(title), value);
        });
        const answer = answerOf(given);
        expect(page).toContain(`<p class="answer">${answer}</p>`);
        expect(reportMarkdown([{ source: "m", report: given }]).startsWith(answer)).toBe(true);
        expect(reportTable(given, { columns: 500, paint: painter(false) }).startsWith(`${answer}\n`)).toBe(true);
        const { directions, of, parameters, energy } = given.summary.signal!;
        const said =
          /^(\S+) of (\S+) directions? stands? above noise: (\S+) free parameters of (\S+), with (\S+) %/.exec(answer)!;
        expectCells(said.slice(1), [directions, of, parameters, given.summary.parameters, percent(energy)]);
      }),
    );
  });
});
