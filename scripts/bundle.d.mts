import type { BuildOptions, BuildResult, Plugin } from "esbuild";

export function build(options: BuildOptions): Promise<BuildResult>;
export function noticesOf(names: Iterable<string>, folder?: string): string;
export function writeNotices(file: string): void;
export function shareKernels(): void;
export const kernelImports: Plugin;
