/**
 * string-width makes a segmenter and parses the table of emoji when it is loaded, which takes 17 ms, and most runs of
 * the command line ask it nothing (`widthOf`). This plugin of esbuild has it evaluated at the first call.
 */
export const whenCalled = {
  name: "when-called",
  setup(builder) {
    builder.onResolve({ filter: /^string-width$/ }, ({ kind, path, resolveDir }) =>
      kind === "import-statement" ? { path, namespace: "when-called", pluginData: resolveDir } : undefined,
    );
    builder.onLoad({ filter: /.*/, namespace: "when-called" }, ({ path, pluginData }) => ({
      contents:
        "let called; export default (...given) => " +
        `(called ??= require(${JSON.stringify(path)}).default)(...given);`,
      resolveDir: pluginData,
    }));
  },
};
