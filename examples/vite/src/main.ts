import type { WeightScopeElement } from "weightscope/element";
import "weightscope/element";
import workerUrl from "weightscope/worker.js?url";
import model from "../../selftrained-llama-en.bf16.safetensors?url";

const element = document.querySelector<WeightScopeElement>("weight-scope") as WeightScopeElement;
const status = document.querySelector("[role=status]") as HTMLElement;

element.addEventListener("report", ({ detail }) => {
  const { signal } = detail.report.summary;
  if (signal) status.textContent = `${signal.directions} of ${signal.of} directions stand above noise`;
});
element.addEventListener("failed", ({ detail }) => {
  status.textContent = String(detail.error);
});
// Of this page's own origin, which the strictest policy lets start: without it a worker is made of a blob.
element.workerUrl = workerUrl;
element.src = model;
