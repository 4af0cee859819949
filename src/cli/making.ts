import type { Making } from "../report/order.js";

/**
 * The command and the day, for a document that is handed on: addresses without what may be secret in them. The day is
 * that of SOURCE_DATE_EPOCH where it is set.
 */
export function making(): Making {
  const words = process.argv.slice(2).map((word) => {
    const open = word.replace(/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@]*@/gi, "$1").replace(/(:\/\/[^\s?#]*)[?#]\S*/g, "$1");
    return /^[\w@%+=:,./-]+$/.test(open) ? open : `'${open.replaceAll("'", "'\\''")}'`;
  });
  const epoch = process.env.SOURCE_DATE_EPOCH ?? "";
  const day = /^\d{1,11}$/.test(epoch) ? new Date(1000 * Number(epoch)) : new Date();
  return { command: ["weightscope", ...words].join(" "), date: day.toISOString().slice(0, 10) };
}
