import { Random, seedFor } from "../../src/base/random.js";

/** Words drawn by rank, the low ranks often, each leaning on the word before it. */
function words(name: string, count: number, write: (rank: number) => string, separator: string): string {
  const random = new Random(seedFor(1, name));
  const drawn: string[] = [];
  let last = 0;
  for (let i = 0; i < count; i++) {
    const spread = random.float();
    last = Math.floor(spread * spread * spread * 300 + (last % 7));
    drawn.push(write(last));
  }
  return drawn.join(separator);
}

const letters = "etaoinshrdlcumwfgypbvk";

export const english = () =>
  words(
    "english",
    6000,
    (rank) => {
      const word = letters[rank % 22] + letters[Math.floor(rank / 22) % 22] + (rank % 5 === 0 ? "’s" : "é");
      return rank % 11 === 0 ? word.toUpperCase() : word;
    },
    " ",
  );

export const chinese = () => words("chinese", 3000, (rank) => String.fromCodePoint(0x4e00 + rank), "");
