import { readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { safetensors } from "../checkpoint/files.js";
import { f32, folder, noise, small } from "./run.js";

export const place = folder();

export const source = path.join(place, "small.safetensors");

writeFileSync(source, small());

export const left = (where: string) =>
  readdirSync(where).filter((name) => name.startsWith(".weightscope") || name.startsWith("weightscope-"));

/** Seconds of work: exact participation ratios and many shuffles of a wide matrix. */
export const slow = path.join(place, "slow.safetensors");

writeFileSync(slow, safetensors([f32("a.weight", [1500, 1500]), f32("b.weight", [1500, 1500], noise(2_250_000, 3))]));

export const slowly = [
  "analyze",
  slow,
  "--participation",
  "exact",
  "--permutations",
  "2000",
  "--progress",
  "--threads",
  "1",
  "--memory",
  "2",
];
