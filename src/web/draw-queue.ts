const waiting = new Map<object, () => void>();
let frame = 0;

function next(): void {
  frame = 0;
  const [first] = waiting;
  if (!first) return;
  waiting.delete(first[0]);
  first[1]();
  if (waiting.size > 0) frame = requestAnimationFrame(next);
}

/** Draws one thing a frame, so that five charts at once are not felt; what waits already is replaced. */
export function drawSoon(owner: object, draw: () => void): void {
  waiting.set(owner, draw);
  if (frame === 0) frame = requestAnimationFrame(next);
}

/** On paper nothing is missing that the next frames would have drawn. */
addEventListener("beforeprint", () => {
  for (const draw of waiting.values()) draw();
  waiting.clear();
});
