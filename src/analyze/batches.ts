import { requireObject } from "../base/arguments.js";
import type { AnalysisPlan } from "../types.js";

/**
 * Runs of neighbouring tasks of about `seconds` each, at most `bytes` of stored weights unless one has more: what a job
 * holds. Every task is in exactly one.
 */
export function batchTasks(
  plan: Pick<AnalysisPlan, "tasks">,
  limits: { seconds: number; bytes: number },
): AnalysisPlan["tasks"][] {
  requireObject(plan, "plan", "an object with tasks");
  requireObject(limits, "limits", "an object with seconds and bytes");
  const { tasks } = plan;
  const batches: AnalysisPlan["tasks"][] = [];
  let batch: AnalysisPlan["tasks"] = [];
  let seconds = 0;
  let bytes = 0;
  for (const task of tasks) {
    if (batch.length > 0 && (seconds + task.seconds > limits.seconds || bytes + task.byteLength > limits.bytes)) {
      batches.push(batch);
      [batch, seconds, bytes] = [[], 0, 0];
    }
    batch.push(task);
    seconds += task.seconds;
    bytes += task.byteLength;
  }
  if (batch.length > 0) batches.push(batch);
  return batches;
}
