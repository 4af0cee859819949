import fc from "fast-check";

/**
 * A test answers the same for the same code: properties take one seed here, and those that nobody has tried are tried
 * by `npm run test:properties`, nightly too, with many times the cases. Hypothesis calls these the two kinds of testing
 * (https://hypothesis.works/articles/two-kinds-of-testing/), and its profile for CI does the same.
 */
fc.configureGlobal({ seed: 20_260_307 });
