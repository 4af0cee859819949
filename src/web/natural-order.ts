/** Words by their characters, runs of digits by their number: "layers.2" before "layers.10". */
export function naturally(a: string, b: string): number {
  const [left, right] = [a, b].map((text) => text.match(/\d+|\D+/g) ?? []);
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    if (left[i] === right[i]) continue;
    const apart = Number(left[i]) - Number(right[i]);
    return apart || (left[i] < right[i] ? -1 : 1);
  }
  return left.length - right.length;
}
