import { analyzeTransitions } from "weightscope";
import type { Case } from "./cases.js";
import { chinese, english } from "./texts.js";

export const transitionCases: Record<string, Case> = {
  "transitions of words": () => analyzeTransitions(english(), { vocabulary: [20, 200], shuffles: 2 }),
  "transitions of counts, characters": () =>
    analyzeTransitions(chinese(), { vocabulary: 50, matrix: "counts", tokens: "characters", shuffles: 2 }),
  "transitions, smoothed": () =>
    analyzeTransitions(english(), { vocabulary: 100, smoothing: 0.5, shuffles: 1, participation: { method: "power" } }),
};
