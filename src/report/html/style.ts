import type { Chart } from "./chart-types.js";

/**
 * Colours of charts and tables, light and dark, as custom properties that a page may set; Okabe and Ito's palette,
 * darkened or lightened until the contrast is 3 to 1.
 */
const colours: Record<string, [light: string, dark: string]> = {
  ink: ["#1a2029", "#e8ebf0"],
  muted: ["#5a6473", "#a3adbb"],
  ground: ["#ffffff", "#14181f"],
  surface: ["#f5f6f8", "#1c222b"],
  line: ["#dde1e7", "#323a46"],
  accent: ["#0b62a8", "#6cb6f5"],
  good: ["#0a7350", "#4fc99a"],
  bad: ["#b23c17", "#ff9d78"],
  c0: ["#0b62a8", "#6cb6f5"],
  c1: ["#b26a00", "#f0b04f"],
  c2: ["#0a7a5a", "#43c59e"],
  c3: ["#a8407d", "#e88fc0"],
  c4: ["#c24914", "#ff9466"],
  c5: ["#2f8fc4", "#9ad4f7"],
  c6: ["#7d7414", "#d9cf5a"],
  c7: ["#6a51a3", "#b7a3e8"],
  c8: ["#4c5666", "#b4bdca"],
  c9: ["#8a6d4b", "#cfb38c"],
};
/** Names of the colours, as they stand in the custom properties. */
export const colourNames = Object.keys(colours);

/** `selector { --ws-…: … }`; a value set from outside (`--weightscope-…`) comes first. */
export function palette(selector: string, how: "light" | "dark" | "both"): string {
  const value = (name: string): string => {
    const [light, dark] = colours[name];
    return how === "both" ? `light-dark(${light},${dark})` : how === "light" ? light : dark;
  };
  const rules = colourNames.map((name) => `--ws-${name}:var(--weightscope-${name},${value(name)})`);
  return `${selector}{${rules.join(";")}}`;
}

const series = colourNames.filter((name) => /^(c\d|ink|muted|accent)$/.test(name));

/** A series' own colour is `--ws-own`. */
const chartRules = `.chart{font:12px/1.3 system-ui,-apple-system,"Segoe UI",sans-serif;\
font-variant-numeric:tabular-nums}
.chart text{fill:var(--ws-ink)}.chart .ticks text,.chart .label{fill:var(--ws-muted)}\
.chart .title{font-size:15px;font-weight:600}
.chart .ground{fill:var(--ws-ground)}.chart .grid line{stroke:var(--ws-line)}.chart line.axis{stroke:var(--ws-muted)}
.chart .line{fill:none;stroke:var(--ws-own);stroke-width:1.75;stroke-linejoin:round}\
.chart .dashes{stroke-dasharray:6 4}.chart .dotted{stroke-dasharray:1.5 4;stroke-linecap:round}
.chart .dots{fill:var(--ws-own)}.chart .ring{fill:none;stroke:var(--ws-ink);stroke-width:2}
.chart .whisker{fill:none;stroke:var(--ws-own);stroke-width:1.5}.chart .band{fill:var(--ws-own);opacity:.22}\
.chart .area{fill:var(--ws-own);opacity:.16}.chart .bar{fill:var(--ws-own)}`;

/** The look of charts in pages and reports; colours by custom properties. */
export const chartStyle =
  series.map((name) => `.chart .${name}{--ws-own:var(--ws-${name})}`).join("") + `\n${chartRules}`;

/**
 * For an SVG file of its own: every colour as it is, since few programs but browsers know custom properties. Light,
 * unless `given` has a colour of that name.
 */
export function fileStyle({ series: drawn }: Chart, given: (name: string) => string = () => ""): string {
  const colour = (name: string): string => given(name) || colours[name][0];
  return [...chartRules.matchAll(/([^{}]+)\{([^{}]*)\}/g)]
    .flatMap(([, selector, rule]) =>
      rule.includes("--ws-own")
        ? [...new Set(drawn.map((one) => one.colour))].map(
            (name) => `${selector}.${name}{${rule.replaceAll("--ws-own", `--ws-${name}`)}}`,
          )
        : [`${selector}{${rule}}`],
    )
    .join("")
    .replace(/var\(--ws-(\w+)\)/g, (_, name: string) => colour(name));
}

/**
 * Cells of a map: the accent mixed into the ground by `--heat`, never so much that the text on it is below a contrast
 * of 4.5 to 1. The colour is the figure, so it is printed too.
 */
const heatStyle = `.heat td{text-align:center;print-color-adjust:exact;-webkit-print-color-adjust:exact;\
background:color-mix(in srgb,light-dark(color-mix(in srgb,var(--ws-accent) 70%,var(--ws-ground)),\
color-mix(in srgb,var(--ws-accent) 50%,var(--ws-ground))) calc(var(--heat,0)*100%),var(--ws-ground))}`;

/** What the page's own style sheet begins with. */
export const pageStyle = `${palette(":root", "both")}\n${chartStyle}\n${heatStyle}\n`;

/** For the self-contained report. */
export const reportStyle = `:root{color-scheme:light dark}${pageStyle}
*{box-sizing:border-box}
body{margin:0 auto;max-width:82rem;padding:1.5rem clamp(1rem,3vw,2.5rem) 4rem;background:var(--ws-ground);\
color:var(--ws-ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif}
.answer{font-size:1.15rem;font-weight:600;margin:1rem 0 .25rem}
h1{font-size:1.6rem;line-height:1.2;overflow-wrap:anywhere}h2{font-size:1.2rem;margin:2.5rem 0 .5rem}\
h3{font-size:1rem;margin:0 0 .25rem}
p{max-width:46rem}.note{color:var(--ws-muted);font-size:.875rem}a{color:var(--ws-accent)}
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(11rem,1fr));gap:.75rem;margin:1rem 0;padding:0}
.facts div{background:var(--ws-surface);border:1px solid var(--ws-line);border-radius:.5rem;padding:.6rem .8rem}
.facts dt{color:var(--ws-muted);font-size:.8125rem}\
.facts dd{margin:0;font-size:1.2rem;font-weight:600;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,24rem),1fr));gap:1rem}
figure{margin:0;max-width:34rem;border:1px solid var(--ws-line);border-radius:.5rem;padding:.9rem}\
figure svg{width:100%;height:auto;display:block}\
figcaption{margin-bottom:.4rem;overflow-wrap:anywhere}figcaption h2{margin:0}
.scroll{overflow-x:auto;border:1px solid var(--ws-line);border-radius:.5rem;max-width:100%}
table{border-collapse:collapse;font-size:.8125rem;font-variant-numeric:tabular-nums;width:100%}\
caption{text-align:left;padding:.5rem .6rem;font-weight:600}
th,td{padding:.3rem .6rem;border-top:1px solid var(--ws-line);text-align:right;white-space:nowrap}\
th{background:var(--ws-surface);text-align:right}
th[scope=row],.word{text-align:left}\
th[scope=row]{font-weight:500;background:none;white-space:normal;overflow-wrap:anywhere;min-width:6rem}\
.named th[scope=row]{min-width:min(24rem,50vw)}.scroll+.scroll{margin-top:1rem}\
.named td.word{max-width:18rem;overflow:hidden;text-overflow:ellipsis}
@media screen{.scroll th[scope=row]{position:sticky;left:0;background:var(--ws-ground)}\
.heat{max-height:32rem;overflow:auto}\
.heat thead th{position:sticky;top:0;z-index:1}}
tr.own th,tr.own td{font-weight:650;color:var(--ws-accent)}
:focus-visible{outline:2px solid var(--ws-accent);outline-offset:2px}
nav ul{display:flex;flex-wrap:wrap;gap:.25rem 1rem;padding:0;list-style:none}code,li{overflow-wrap:anywhere}\
code span{display:inline-block;max-width:100%}
.heat{width:fit-content;margin:1rem 0}.heat th[scope=row]{min-width:0}
@media print{@page{margin:12mm}:root{color-scheme:light}body{max-width:none;padding:0;font-size:10pt}\
nav,.more{display:none}\
figure,tr,.facts div,.together{break-inside:avoid}\
.figures{grid-template-columns:1fr 1fr}h2,h3,caption{break-after:avoid}\
.scroll{overflow:visible;border:0}table{font-size:7.5pt}th,td{padding:.15rem .3rem;white-space:normal}\
.scroll th[scope=row]{min-width:0;max-width:16rem}}`;
