import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { UsageError } from "../../src/cli/command.js";
import { checkedCommand, evaluateWith, lastNumber } from "../../src/cli/evaluate-command.js";

const never = new AbortController().signal;
const node = (code: string): string => `${process.execPath} -e ${JSON.stringify(code)} {}`;

describe("lastNumber", () => {
  it.each([
    ["loss 1.5246", 1.5246],
    ["1\n2\n3", 3],
    ["Final estimate: PPL = 5.1234 +/- 0.05", 0.05],
    ["-1.6371 nats", -1.6371],
    ["+2e-3\n", 0.002],
    ["accuracy=.75;", 0.75],
    ["7.", 7],
    ["1,234", 234],
    ["done in 3s", null],
    ["model.Q4_0", null],
    ["v1.2.3", null],
    ["", null],
    ["no number", null],
    ["size \u001b[33m10643\u001b[39m", 10_643],
    ["\u001b[1;4;31mnone\u001b[0m", null],
    ["\u001b[2K\u001b[1Gloss\u001b[0;1m 1.5\u001b[m", 1.5],
  ])("%j: %d", (text, number) => expect(lastNumber(text)).toBe(number));

  it.each(["loss 1.5\nloss nan", "reference 1.5\nloss inf", "loss: -Infinity", "NaN"])(
    "%j is no finite number",
    (text) => expect(lastNumber(text)).toBeNaN(),
  );

  it("reads back any finite number, whatever stands before it", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.string(), (value, before) => {
        expect(lastNumber(`${before} ${value}`)).toBe(Number(String(value)));
      }),
    );
  });
});

describe("evaluateWith", () => {
  it("puts the path in every place, and gives the last number printed", async () => {
    expect(
      await evaluateWith(node("console.log(process.argv.slice(1).join('').length, 'is', 0.25)"), "/tmp/x", never),
    ).toBe(0.25);
    expect(await evaluateWith(`echo {} {} 1; test {} = /tmp/a.b-c && echo '{}: 2'`, "/tmp/a.b-c", never)).toBe(2);
  });

  it("is the user's own shell line, pipes and all", async () => {
    expect(await evaluateWith("printf '%s\\n' 3 {} | head -1", "/tmp/x", never)).toBe(3);
  });

  it.each([
    "/tmp/a b",
    "/tmp/$(touch injected)",
    "/tmp/a;b",
    "/tmp/a'b",
    '/tmp/a"b',
    "/tmp/`b`",
    "/tmp/a\nb",
    "/tmp/ü&",
  ])("refuses the path %j before anything runs", async (name) => {
    const folder = mkdtempSync(path.join(tmpdir(), "weightscope-evaluate-"));
    try {
      await expect(evaluateWith(`touch ${folder}/ran; echo 1 {}`, name, never)).rejects.toThrow(
        /set TMPDIR to a plain one$/,
      );
      expect(() => writeFileSync(path.join(folder, "ran"), "", { flag: "wx" })).not.toThrow();
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it.each([
    ["echo half way; echo no such layer >&2; exit 3 # {}", /^--evaluate ".*" ended with status 3: no such layer$/],
    ["echo only this; false # {}", /^--evaluate ".*" ended with status 1: only this$/],
    ["true {}", /^--evaluate "true \{\}" printed no number$/],
    ["echo loss: nan # {}", /printed a number that is not finite: loss: nan$/],
    ["kill -9 $$ # {}", /was ended by SIGKILL$/],
    ["no-such-program-here {}", /ended with status 127: .*not found$/],
    ["printf '%0300d' 7; false # {}", /ended with status 1: …0{199}7$/],
    ["printf 'a\\033[31mb'; false # {}", /ended with status 1: a\S+b$/],
  ])("%s is one clear line with the last output", async (command, message) => {
    const error: Error = await evaluateWith(command, "/tmp/x", never).then(
      () => expect.fail("it resolved"),
      (reason) => reason,
    );
    expect(error.message).toMatch(message);
    expect(error.message).not.toMatch(/[\n\u001b]/);
  });

  it("keeps the end of a long output, within memory", async () => {
    const flood = node("for (let i = 0; i < 2e5; i++) console.log('line', i); console.log('answer', 42)");
    expect(await evaluateWith(flood, "/tmp/x", never)).toBe(42);
  });

  it("ends what it started when it is told to stop", async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "weightscope-evaluate-"));
    const controller = new AbortController();
    try {
      const late = path.join(folder, "late");
      const running = evaluateWith(`(sleep 1; touch ${late}) ; echo 1 {}`, "/tmp/x", controller.signal);
      setTimeout(() => controller.abort(new Error("enough")), 150);
      await expect(running).rejects.toThrow(/^enough$/);
      await new Promise((resolve) => setTimeout(resolve, 1300));
      expect(() => writeFileSync(late, "", { flag: "wx" })).not.toThrow();
      await expect(evaluateWith("echo 1 {}", "/tmp/x", controller.signal)).rejects.toThrow(/^enough$/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe("checkedCommand", () => {
  it("needs a place for the path", () => {
    expect(checkedCommand("run {}", "--evaluate")).toBe("run {}");
    expect(() => checkedCommand("run it", "--evaluate")).toThrow(UsageError);
  });
});
