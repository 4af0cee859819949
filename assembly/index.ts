/** What the host may call, and nothing else. Every pointer is a byte offset into the exported memory. */
export { allocate, mark, release, setLimit } from "./memory";
