/** What the host may call, and nothing else. Every pointer is a byte offset into the exported memory. */
export { createReduction, reduceToBand } from "./band";
<<<<<<< HEAD
export { largestEntry } from "./tiles";
=======
export { largestEntry } from "./pack-tiles";
>>>>>>> 0708d21 (Tiles are packed in a file of their own; what is new of spectra in CHANGELOG.md)
export { keepReflectors, turnThroughPanels, turnThroughSweeps, vectorWidth } from "./back";
export { chase, tridiagonalOf } from "./chase";
export { tridiagonalVector } from "./tridiagonal-vectors";
export { tridiagonalValues } from "./tridiagonal";
export { addToGram, createGram, finishGram, gramMean, gramSide, gramTotal, mirror, symmetricSums } from "./gram";
export { allocate, mark, release, setLimit } from "./memory";
export { decode, decodeRows, scaleValues } from "./decode";
export { addMoments, startMoments } from "./reduce";
export { addRowProducts } from "./product";
export { addDoubleGram, addDoubleRowProducts } from "./double-products";
export { basisRank, createBasis } from "./basis";
export { explainedEnergy, fitRows, inverseTraces } from "./gaussian";
export { reconstructRows } from "./reconstruct";
export { applyGram, joinPartial, roundBlock } from "./power";
export { blockProducts, blockUpdate } from "./block-products";
export { productSquares, sparseBlock, sparseVector, weightedSums } from "./sparse";
export { symmetricEigen, symmetricProduct, tridiagonalEigenvalues, tridiagonalise } from "./eigen";
export { addProduct, productScratch, roundValues } from "./factors";
export { fitFreeRows, prepareFree } from "./free-gaussians";
export { sha256Blocks } from "./sha256";
export { interleaveFour, permuteFour, transpose } from "./permute";
