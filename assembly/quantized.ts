/** Block-quantised GGML types to f32: a module of its own, loaded when a tensor needs it. */
export { allocate, mark, release, setLimit } from "./memory";
