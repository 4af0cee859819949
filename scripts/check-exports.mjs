/**
 * An exported name has a comment: who finds it in a list of completions reads what it is. Six parameters are an object:
 * a caller with six cannot be read without opening what it calls.
 *
 * Left out: what is typed as another module's export (`typeof jobs.analyze`), whose comment stands there; and the
 * parameters of the kernels (src/kernels/exports.ts), since nothing but numbers goes into WebAssembly by value.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import ts from "typescript";

process.chdir(fileURLToPath(new URL("..", import.meta.url)));
const MOST_PARAMETERS = 5;
const KERNELS = "src/kernels/exports.ts";

const listed = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "src"], {
  encoding: "utf8",
});
const found = [];
for (const file of listed.split("\n").filter((name) => /(?<!\.d)\.ts$/.test(name) && existsSync(name))) {
  const text = readFileSync(file, "utf8");
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  /** @param {ts.Node} node @param {string} what */
  const refuse = (node, what) => {
    found.push(`${file}:${source.getLineAndCharacterOfPosition(node.getStart()).line + 1}: ${what}`);
  };
  /** @param {ts.Node} node */
  const commented = (node) =>
    (ts.getLeadingCommentRanges(text, node.getFullStart()) ?? []).some(({ pos }) => text.startsWith("/**", pos));
  const overloads = new Set();
  for (const statement of source.statements) {
    const modifiers = ts.canHaveModifiers(statement) ? (ts.getModifiers(statement) ?? []) : [];
    if (!modifiers.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)) continue;
    const names = ts.isVariableStatement(statement)
      ? statement.declarationList.declarations.map((one) => one.name.getText())
      : [/** @type {ts.FunctionDeclaration} */ (statement).name?.getText() ?? "default"];
    const ofAnother =
      ts.isVariableStatement(statement) &&
      statement.declarationList.declarations.every(({ type }) => type && ts.isTypeQueryNode(type));
    if (commented(statement) || ofAnother) for (const name of names) overloads.add(name);
    else if (!names.every((name) => overloads.has(name))) refuse(statement, `${names.join(", ")} has no comment`);
  }
  /** @param {ts.Node} node */
  const visit = (node) => {
    if (ts.isFunctionLike(node) && !ts.isTypeNode(node)) {
      const count = node.parameters.filter((one) => one.name.getText() !== "this").length;
      if (count > MOST_PARAMETERS) refuse(node, `${count} parameters, at most ${MOST_PARAMETERS}`);
    }
    ts.forEachChild(node, visit);
  };
  if (file !== KERNELS) visit(source);
}
if (found.length > 0) {
  console.error(found.join("\n"));
  process.exit(1);
}
