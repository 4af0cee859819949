/** The first of these that is there (a path, or a command on PATH), or null. */
export function find(...candidates: (string | null | undefined)[]): string | null;
export const chromium: string | null;
export const firefox: string | null;
/** Chromium as a test wants it: no rights of its own to drop, and nothing fetched that no test asked for. */
export const CHROMIUM_FLAGS: string[];
