/** The signatures of the kernel modules as the host sees them: pointers and counts are numbers. */
export interface ArenaExports {
  readonly memory: WebAssembly.Memory;
  // memory.ts
  allocate(bytes: number): number;
  mark(): number;
  release(marked: number): void;
  setLimit(bytes: number): void;
}

/** assembly/quantized.ts */
export interface QuantizedExports extends ArenaExports {
  dequantize(type: number, source: number, blocks: number, target: number): void;
  decode(type: number, source: number, count: number, target: number, scale: number): void;
  transpose(source: number, rows: number, columns: number, target: number, stride: number): void;
  // quantized/
  unpackBits(bits: number, source: number, count: number, target: number): void;
  unpackWords(bits: number, source: number, count: number, target: number): void;
  unpackInterleaved(source: number, inputs: number, words: number, target: number, stride: number): void;
  lookUpNibbles(source: number, count: number, highFirst: number, table: number, target: number): void;
  scaleGroups(values: number, columns: number, group: number, scales: number, zeros: number): void;
  scaleAndOffsetGroups(values: number, columns: number, group: number, scales: number, offsets: number): void;
  scaleColumns(values: number, columns: number, groupOf: number, scales: number, zeros: number): void;
  multiplyLowRank(
    b: number,
    rows: number,
    rank: number,
    a: number,
    columns: number,
    factor: number,
    target: number,
  ): void;
}

/** assembly/index.ts */
export interface KernelExports extends ArenaExports {
  // decode.ts
  decode(type: number, source: number, count: number, target: number, scale: number): void;
  decodeRows(
    type: number,
    source: number,
    rowBytes: number,
    rows: number,
    columns: number,
    target: number,
    stride: number,
    scale: number,
  ): void;
  scaleValues(count: number, target: number, scale: number): void;
  // reduce.ts
  startMoments(moments: number, row: number, columns: number): void;
  addMoments(moments: number, weights: number, rows: number, columns: number, stride: number, rowSums: number): void;
  // gram.ts, product.ts
  createGram(columns: number, kind: number): number;
  gramTotal(gram: number): number;
  gramSide(gram: number): number;
  gramMean(gram: number, out: number): void;
  addToGram(gram: number, weights: number, rows: number, stride: number, budget: number): number;
  finishGram(gram: number, budget: number): number;
  addRowProducts(
    a: number,
    rowsA: number,
    b: number,
    rowsB: number,
    columns: number,
    stride: number,
    panels: number,
    result: number,
    side: number,
  ): void;
  mirror(total: number, side: number): void;
  symmetricSums(total: number, side: number, out: number): void;
  // double-products.ts
  addDoubleGram(weights: number, rows: number, columns: number, stride: number, panels: number, total: number): void;
  addDoubleRowProducts(
    a: number,
    rowsA: number,
    b: number,
    rowsB: number,
    columns: number,
    stride: number,
    panels: number,
    result: number,
    side: number,
  ): void;
  // basis.ts
  createBasis(columns: number, gaussians: number, width: number, inDouble: number): number;
  continueBasis(basis: number, budget: number): number;
  basisRank(basis: number): number;
  // gaussian.ts
  fitRows(
    basis: number,
    weights: number,
    rows: number,
    stride: number,
    rowSums: number,
    amplitudes: number,
    rowEnergy: number,
    rowR2: number,
    totals: number,
  ): void;
  explainedEnergy(basis: number, weights: number, rows: number, stride: number, rowSums: number, total: number): void;
  inverseTraces(basis: number, first: number, last: number, out: number): void;
  // reconstruct.ts
  reconstructRows(
    amplitudes: number,
    rows: number,
    gaussians: number,
    columns: number,
    centres: number,
    sigmas: number,
    target: number,
  ): number;
  // permute.ts
  interleaveFour(weights: number, count: number, columns: number, stride: number, target: number): void;
  permuteFour(source: number, permutation: number, columns: number, target: number, stride: number): void;
  transpose(source: number, rows: number, columns: number, target: number, stride: number): void;
  // power.ts
  applyGram(
    weights: number,
    rows: number,
    columns: number,
    stride: number,
    firstRow: number,
    vectors: number,
    partial: number,
    total: number,
  ): void;
  joinPartial(count: number, partial: number, total: number): void;
  roundBlock(count: number, total: number, factor: number, image: number): void;
  blockProducts(count: number, a: number, b: number, result: number): void;
  blockUpdate(count: number, target: number, keep: number, source: number, factors: number): void;
  // sparse.ts
  sparseVector(rows: number, offsets: number, indices: number, values: number, x: number, y: number): void;
  weightedSums(n: number, q: number, x: number, sums: number): void;
  sparseBlock(
    rows: number,
    offsets: number,
    indices: number,
    values: number,
    x: number,
    p: number,
    sums: number,
    factor: number,
    y: number,
  ): void;
  productSquares(
    first: number,
    last: number,
    offsetsL: number,
    indicesL: number,
    valuesL: number,
    offsetsR: number,
    indicesR: number,
    valuesR: number,
    width: number,
    sum: number,
    p: number,
    dense: number,
  ): number;
  // eigen.ts
  symmetricEigen(a: number, order: number, values: number, vectors: number, scratch: number): number;
  symmetricProduct(a: number, order: number, stride: number, x: number, y: number): void;
  tridiagonalEigenvalues(diagonal: number, beside: number, order: number, rows: number, width: number): number;
  tridiagonalise(a: number, order: number, stride: number, diagonal: number, beside: number, scratch: number): void;
  // factors.ts
  productScratch(rows: number): number;
  addProduct(product: number): void;
  // panels.ts
  packFactor(b: number, inner: number, columns: number, stride: number, panels: number): void;
  multiplyPacked(product: number): void;
  addTransposed(product: number): void;
  finishTransposed(product: number, rows: number): void;
  roundValues(source: number, count: number, target: number): void;
  // sha256.ts
  sha256Blocks(state: number, constants: number, bytes: number, count: number): void;
  // band.ts
  createReduction(matrix: number, order: number, stride: number, factor: number): number;
  largestEntry(matrix: number, order: number, stride: number): number;
  reduceToBand(reduction: number, budget: number): number;
  // back.ts
  keepReflectors(reduction: number): number;
  vectorWidth(reduction: number): number;
  turnThroughSweeps(reduction: number, rows: number): void;
  turnThroughPanels(reduction: number, rows: number, scratch: number, count: number, out: number): void;
  // tridiagonal-vectors.ts
  tridiagonalVector(matrix: number, value: number, index: number, vector: number, close: number): void;
  // chase.ts
  chase(reduction: number, first: number, last: number): void;
  tridiagonalOf(reduction: number, diagonal: number, beside: number): void;
  // tridiagonal.ts
  tridiagonalValues(diagonal: number, squares: number, order: number, first: number, budget: number): number;
  // free-gaussians.ts
  prepareFree(columns: number, minimumSigma: number, maximumSigma: number): number;
  fitFreeRows(
    weights: number,
    rows: number,
    gaussians: number,
    even: number,
    tolerance: number,
    maximumIterations: number,
    amplitudes: number,
    centres: number,
    sigmas: number,
    iterations: number,
    status: number,
    sums: number,
  ): void;
}
