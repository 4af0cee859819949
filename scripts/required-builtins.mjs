/**
 * CommonJS packages `require` Node's own modules; an ES module has no `require`. This plugin of esbuild turns
 * such a call into an import: through a module that requires, of a module that imports.
 */
export const requiredBuiltins = {
  name: "required-builtins",
  setup(builder) {
    builder.onResolve({ filter: /^(?:events|readline)$/ }, ({ kind, path }) =>
      kind === "require-call" ? { path, namespace: "required" } : undefined,
    );
    builder.onLoad({ filter: /.*/, namespace: "required" }, ({ path }) => ({
      contents: `module.exports = require("imported:${path}").default;`,
    }));
    builder.onResolve({ filter: /^imported:/ }, ({ path }) => ({
      path: path.slice("imported:".length),
      namespace: "imported",
    }));
    builder.onLoad({ filter: /.*/, namespace: "imported" }, ({ path }) => ({
      contents: `export { default } from "node:${path}";`,
    }));
  },
};
