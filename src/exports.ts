/** The signatures of assembly/index.ts as the host sees them: pointers and counts are numbers. */
export interface KernelExports {
  readonly memory: WebAssembly.Memory;
  // memory.ts
  allocate(bytes: number): number;
  mark(): number;
  release(marked: number): void;
  setLimit(bytes: number): void;
}
