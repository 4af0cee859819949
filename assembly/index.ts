/** What the host may call, and nothing else. Every pointer is a byte offset into the exported memory. */
export { allocate, mark, release, setLimit } from "./memory";
export { decode, decodeRows, scaleValues } from "./decode";
export { addMoments, startMoments } from "./reduce";
export {
  addRowProducts,
  addToGram,
  createGram,
  finishGram,
  gramMean,
  gramSide,
  gramTotal,
  mirror,
  symmetricSums,
} from "./product";
export { addDoubleGram, addDoubleRowProducts } from "./double-products";
export { basisRank, createBasis } from "./basis";
export { explainedEnergy, fitRows, inverseTraces } from "./gaussian";
export { reconstructRows } from "./reconstruct";
export { applyGram, blockProducts, blockUpdate, joinPartial, roundBlock } from "./power";
export { productSquares, sparseBlock, sparseVector, weightedSums } from "./sparse";
export { symmetricEigen, symmetricProduct, tridiagonalEigenvalues, tridiagonalise } from "./eigen";
export { addProduct, productScratch, roundValues } from "./factors";
export { fitFreeRows, prepareFree } from "./free-gaussians";
export { sha256Blocks } from "./sha256";
export { interleaveFour, permuteFour, transpose } from "./permute";
