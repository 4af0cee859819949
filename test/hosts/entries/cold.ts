/**
 * A page's or process's first moments: milliseconds to import the package, and to compile and instantiate the kernels.
 */
const start = performance.now();
const { load } = await import("weightscope");
const imported = performance.now();
await load();
const answer = JSON.stringify({ imported: imported - start, loaded: performance.now() - imported });
if (typeof document === "undefined") console.log(answer);
else await fetch("result", { method: "POST", body: answer });

export {};
