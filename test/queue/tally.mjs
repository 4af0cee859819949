import { writeResults } from "../support/results.mjs";

/** What held and what did not, printed as it is found, and left for scripts/test.mjs under the name of a step. */
export class Tally {
  passed = 0;
  /** @type {string[]} */
  failures = [];

  /** @param {string} step */
  constructor(step) {
    this.step = step;
  }

  /** @param {boolean} holds @param {string} what */
  check = (holds, what) => {
    console.log(`${holds ? "✓" : "✗"} ${what}`);
    if (holds) this.passed++;
    else this.failures.push(what);
  };

  /** @param {unknown} error */
  threw(error) {
    this.failures.push(String(error));
    console.error(error);
  }

  /** @returns {never} */
  end() {
    writeResults(this.step, { passed: this.passed, failures: this.failures, leftOut: {} });
    console.log(`${this.passed} passed, ${this.failures.length} failed`);
    process.exit(this.failures.length > 0 ? 1 : 0);
  }
}
