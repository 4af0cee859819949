import type { WeightScopeElement } from "weightscope/element";
import "weightscope/element";

const element = document.querySelector<WeightScopeElement>("weight-scope");
element?.addEventListener("report", ({ detail }) => detail.report.matrices.length);
// @ts-expect-error: a number is no report
if (element) element.report = 7;
