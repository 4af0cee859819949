import { requireObject } from "../base/arguments.js";

/**
 * The paper's own accounting: 12·layers·width·gaussians amplitudes stand for all weights of a decoder. docs/method.md
 * §2.
 * @throws RangeError where a count is not positive and finite.
 */
export function architectureCompression(
  model: { parameters: number; width: number; layers: number },
  gaussians: number,
): { amplitudes: number; ratio: number } {
  requireObject(model, "model", "an object with parameters, width and layers");
  for (const [name, value] of Object.entries({
    parameters: model.parameters,
    width: model.width,
    layers: model.layers,
    gaussians,
  })) {
    if (!(value > 0 && value < Infinity))
      throw new RangeError(`architectureCompression: ${name} must be positive, not ${value}`);
  }
  const amplitudes = 12 * model.layers * model.width * gaussians;
  return { amplitudes, ratio: model.parameters / amplitudes };
}
