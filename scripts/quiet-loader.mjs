/**
 * @assemblyscript/loader assigns to `Object` and makes a decoder when it is imported. Where intrinsics are frozen (SES,
 * `node --frozen-intrinsics`) the first throws, and the second where a test environment has no TextDecoder (Jest's
 * jsdom). This plugin of esbuild leaves the first out, since every host that runs the bundles has `Object.hasOwn`, and
 * has the second made by the first string to be decoded.
 */
import { readFile } from "node:fs/promises";

/** @type {[RegExp, string][]} */
const instead = [
  [/^Object\.hasOwn = [\s\S]*?^\};$/m, ""],
  [
    /^const utf16 = new TextDecoder\((.*?)\);.*$/m,
    "let utf16Decoder;\nconst utf16 = { decode: (units) => (utf16Decoder ??= new TextDecoder($1)).decode(units) };",
  ],
];

export const quietLoader = {
  name: "quiet-loader",
  /** @param {import("esbuild").PluginBuild} builder */
  setup(builder) {
    builder.onLoad({ filter: /@assemblyscript[\\/]loader[\\/]index\.js$/ }, async ({ path }) => {
      let contents = await readFile(path, "utf8");
      for (const [what, by] of instead) {
        if (!what.test(contents)) throw new Error(`${path}: nothing like ${what}, which was to be replaced`);
        contents = contents.replace(what, by);
      }
      return { contents };
    });
  },
};
