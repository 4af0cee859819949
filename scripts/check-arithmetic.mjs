/**
 * The same bits in every host: no function whose result ECMAScript leaves open ("implementation-approximated", or of a
 * locale, a clock or a Unicode release) may stand where figures are made. Run by `npm run check`; prints each place,
 * and each exception that nothing needs any more.
 */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const root = fileURLToPath(new URL("../", import.meta.url));

/** Exact by the standard, so the same everywhere. All else is in src/base/mathematics.ts, or has no place here. */
const EXACT = new Set(
  "sqrt abs floor ceil round trunc sign min max imul fround clz32 PI E SQRT2 SQRT1_2 LN2 LN10 LOG2E LOG10E".split(" "),
);
const LOCALE = /^(toLocale\w*|localeCompare)$/;
const ROUNDED_TEXT = /^(toFixed|toPrecision|toExponential)$/;

/** Where one of them may stand: the beginning of a path, what it is, and why it reaches no figure. */
const exceptions = [
  ["src/report/", "rounded text", "text for people, from figures that are made already; the standard rounds exactly"],
  ["src/scaling/", "rounded text", "in notes, which are words"],
  ["src/web/", "rounded text", "the same"],
  ["src/kernels/sha256.ts", "**", "of bigints, which are exact"],
  ["src/transitions/tokens.ts", "Intl", '`tokens: "segmenter"` is the host\'s own, and documented so'],
  ["src/report/format.ts", "Intl", "where a long name may be cut: between what the terminal shows as one character"],
  ["src/cli/making.ts", "Date", "the day that a document names beside its command"],
  ["src/cli/progress.ts", "Date", "when a line of progress is due"],
  ["src/distribute/bull-engine.ts", "Date", "how long ago the last jobs of a queue ended"],
  ["src/bytes/", "Date", "when a server wants to be asked again, and how long it has said nothing"],
];
const used = new Set();

/** What is open about a node, or null. */
function openAbout(node) {
  if (
    ts.isBinaryExpression(node) &&
    [ts.SyntaxKind.AsteriskAsteriskToken, ts.SyntaxKind.AsteriskAsteriskEqualsToken].includes(node.operatorToken.kind)
  ) {
    const power = node.right.getText();
    // Squares agree in every engine (test/hosts tries them all); powers of the literal 2 are exact.
    return power === "2" || (node.left.getText() === "2" && /^-?\d+$/.test(power)) ? null : "**";
  }
  if (ts.isPropertyAccessExpression(node)) {
    const name = node.name.text;
    if (node.expression.getText() === "Math" && !EXACT.has(name)) return `Math.${name}`;
    if (LOCALE.test(name)) return name;
    if (ROUNDED_TEXT.test(name)) return "rounded text";
  }
  if (ts.isIdentifier(node) && !ts.isPropertyAccessExpression(node.parent) && !ts.isTypeNode(node.parent)) {
    if (node.text === "Date" || node.text === "Intl") return node.text;
    if (node.text === "Math" && ts.isVariableDeclaration(node.parent)) return "Math taken apart";
  }
  if (
    ts.isIdentifier(node) &&
    (node.text === "Date" || node.text === "Intl") &&
    ts.isPropertyAccessExpression(node.parent) &&
    node.parent.expression === node
  )
    return node.text;
  return null;
}

function check(file) {
  const name = path.relative(root, file).split(path.sep).join("/");
  const source = ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.Latest, true);
  const found = [];
  const visit = (node) => {
    const what = openAbout(node);
    if (what !== null) {
      const exception = exceptions.find(([place, kind]) => name.startsWith(place) && kind === what);
      if (exception) used.add(exception);
      else {
        const line = source.getLineAndCharacterOfPosition(node.getStart()).line + 1;
        found.push(`${name}:${line}: ${what}: its result is left open, or differs between hosts`);
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

const files = readdirSync(path.join(root, "src"), { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
  .map((entry) => path.join(entry.parentPath, entry.name));
const problems = files.flatMap(check);
for (const exception of exceptions)
  if (!used.has(exception)) problems.push(`an exception that nothing needs: ${exception.slice(0, 2).join(", ")}`);
for (const problem of problems) console.error(problem);
process.exitCode = problems.length === 0 ? 0 : 1;
