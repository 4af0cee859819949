import type { Page } from "puppeteer-core";

/** What the page's workers did. */
interface Watched {
  /** The most matrices, and points of charts, that one message carries: unpacking it is a task of the page. */
  matrices: number;
  points: number;
  messages: number;
  /** Workers that compute, now and at most at once. */
  alive: number;
  most: number;
}

/** From the next page on, counts what workers send and how many there are. */
export async function watchWorkers(page: Page): Promise<void> {
  await page.evaluateOnNewDocument(() => {
    const seen = { matrices: 0, points: 0, messages: 0, alive: 0, most: 0 };
    const Started = Worker;
    Object.assign(window, { seen });
    window.Worker = class extends Started {
      private readonly computes: boolean;
      constructor(...given: ConstructorParameters<typeof Worker>) {
        super(...given);
        this.computes = /worker[.]js$/.test(String(given[0]));
        if (this.computes) seen.most = Math.max(seen.most, ++seen.alive);
        this.addEventListener("message", ({ data }) => {
          const { matrices = [], charts = [] } = { ...data, ...data.answer };
          seen.messages++;
          if (Array.isArray(matrices)) seen.matrices = Math.max(seen.matrices, matrices.length);
          const points = charts.flatMap((chart: { series: { points: unknown[] }[] }) =>
            chart.series.flatMap((series) => series.points),
          );
          seen.points = Math.max(seen.points, points.length);
        });
      }
      override terminate(): void {
        if (this.computes) seen.alive--;
        super.terminate();
      }
    };
  });
}

/** What was counted. */
export const watched = (page: Page): Promise<Watched> =>
  page.evaluate(() => (window as unknown as { seen: Watched }).seen);
