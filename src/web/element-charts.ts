import type { Chart } from "../report/html/chart-types.js";
import { spectrumOfMatrix } from "../report/html/spectrum-chart.js";
import { overview } from "../report/html/views.js";
import type { Report } from "../types.js";

/** Charts of the element by the names of its attribute `charts`, in their order: those of `overview`, and one more. */
export const CHARTS = ["energy", "amplitude", "participation", "stable-rank", "norms", "spectrum"];

/** What is drawn of them: null where there is nothing. `spectrum` is that of the matrix with most signal. */
export function elementCharts(
  shown: Pick<Report, "matrices" | "layers" | "summary">,
  k: number,
): readonly (Chart | null)[] {
  const most = shown.summary.signalDetail?.most[0];
  const leader = most === undefined ? undefined : shown.matrices.find(({ name }) => name === most);
  return [...overview(shown, k), leader ? spectrumOfMatrix(leader) : null];
}

/**
 * Styles of the element beside those of all charts and tables. Nothing that a page's rules say of the element reaches
 * what is in it, but its scheme of colours.
 */
export const hostStyle = `:host{display:block;container-type:inline-size}:host([hidden]){display:none}\
.root{all:initial;direction:ltr;--gap:1rem;display:block;color-scheme:inherit;\
color:var(--ws-ink);background:var(--ws-ground);scrollbar-color:var(--ws-muted) transparent;\
font:15px/1.5 var(--weightscope-font,system-ui,sans-serif)}
.status{display:grid;gap:.25rem;margin-bottom:.75rem}.status b{overflow-wrap:anywhere}\
.acts{display:flex;justify-content:end}.notes,.notes:empty{display:block;min-height:1.5em}\
.grid{height:24rem}figcaption{min-height:2.9rem}\
@media print{.root{color-scheme:light;font-size:10pt}}`;

/** A rem is the page's: of a root of 62.5 % letters would be too small here. */
export const withoutRem = (css: string): string =>
  css.replace(/(\d*\.?\d+)rem\b/g, (_, of: string) => `${16 * Number(of)}px`);
