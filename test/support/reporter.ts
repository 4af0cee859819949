import type { Reporter, TestCase, TestModule } from "vitest/node";
import { writeResults } from "./results.mjs";

/** Counts, what failed, and which suites were left out for want of what: for the last lines of scripts/test.mjs. */
export default class ResultsReporter implements Reporter {
  /** @param step the name of the file that keeps them */
  constructor(private readonly step: string) {}

  onTestRunEnd(modules: readonly TestModule[]): void {
    const tests: TestCase[] = modules.flatMap((module) => [...module.children.allTests()]);
    const of = (state: string) => tests.filter((test) => test.result().state === state);
    const leftOut: Record<string, string[]> = {};
    for (const test of of("skipped")) {
      const [, needs] = /^needs (.*)$/.exec(test.name) ?? [];
      if (needs)
        for (const need of needs.split(" and ")) (leftOut[need] ??= []).push(test.fullName.replace(/ > needs .*$/, ""));
    }
    const broken = modules.filter((module) => module.errors().length > 0);
    const failures = [
      ...of("failed").map(
        (test) => `${test.module.relativeModuleId} > ${test.fullName}: ${test.result().errors?.[0]?.message ?? ""}`,
      ),
      ...broken.map((module) => `${module.relativeModuleId}: ${module.errors()[0].message}`),
    ];
    writeResults(this.step, { passed: of("passed").length, failures, leftOut });
  }
}
