import { pearson } from "../base/statistics.js";
import type { Report } from "../types.js";
import { type KeyedRow, within } from "./row.js";

/** The paper's model: eight layers of 786,432 parameters; docs/method.md §7. */
const PUBLISHED_LAYERS = 8;
const PUBLISHED_PARAMETERS = 786_432;
/** "CT Scaling Laws", layer norms of the trained model: layer → ‖W‖ and ‖W‖ for each weight. */
export const PUBLISHED = new Map([
  [0, { norm: 29.87, normPerParameter: 3.8e-5 }],
  [4, { norm: 27.39, normPerParameter: 3.48e-5 }],
  [7, { norm: 26.47, normPerParameter: 3.36e-5 }],
]);
/** Another training run of the same shape is another model; this near it would be the same story. */
const TOLERANCE = 0.25;

/**
 * Norm and norm per parameter of each layer; `evenNorm` is what the layer would have if all layers' weights had the
 * same variance, as noise of the same shapes has. Then the share of layers whose norm is below the one before, and the
 * correlation of norm and depth.
 */
export function normsTable({ source, layers }: Report): KeyedRow[] {
  const sameShape =
    layers.length === PUBLISHED_LAYERS && layers.every(({ parameters }) => parameters === PUBLISHED_PARAMETERS);
  const squares = layers.reduce((sum, { norm }) => sum + norm * norm, 0);
  const parameters = layers.reduce((sum, layer) => sum + layer.parameters, 0);
  const rows = layers.map((layer): KeyedRow => {
    const published = PUBLISHED.get(layer.layer) ?? null;
    return {
      checkpoint: source.name,
      key: "norm",
      quantity: "norm",
      layer: layer.layer,
      parameters: layer.parameters,
      evenNorm: Math.sqrt((squares * layer.parameters) / parameters),
      normPerParameter: layer.normPerParameter,
      publishedNormPerParameter: published?.normPerParameter ?? null,
      published: published?.norm ?? null,
      measured: layer.norm,
      agrees: published && sameShape ? within(layer.norm, published.norm, TOLERANCE) : null,
      note: !published
        ? ""
        : sameShape
          ? "the paper's shape, another training"
          : "another shape: norms grow with the number of weights",
    };
  });
  if (layers.length < 2) return rows;
  const falls = layers.filter(({ norm }, i) => i > 0 && norm < layers[i - 1].norm).length / (layers.length - 1);
  rows.push({
    checkpoint: source.name,
    key: "share-falling",
    quantity: "share of layers below the one before",
    layer: null,
    published: 1,
    measured: falls,
    agrees: falls === 1,
    note: "published as decreasing from layer to layer; layers of equal variance would fall by chance half the time",
  });
  if (layers.length > 3 && layers.some(({ norm }) => norm !== layers[0].norm)) {
    const { r, p, lower, upper, n } = pearson(
      layers.map(({ layer }) => layer),
      layers.map(({ norm }) => norm),
    );
    rows.push({
      checkpoint: source.name,
      key: "depth-correlation",
      quantity: "correlation of norm and depth",
      layer: null,
      p,
      lower,
      upper,
      n,
      published: null,
      measured: r,
      agrees: null,
      note: "",
    });
  }
  return rows;
}
