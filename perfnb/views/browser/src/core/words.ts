// What the rows of the samples table are called: each is a sample, or where their lengths were
// recorded, one wait, or one stretch of time.
import {formatCount} from "./format";

export const NOUNS = ["samples", "waits", "intervals"] as const;
export type Noun = (typeof NOUNS)[number];

export function nounOf(raw: unknown): Noun {
  return NOUNS.find((noun) => noun === raw) ?? "samples";
}

export function counted(count: number, noun: Noun): string {
  return `${formatCount(count)} ${Math.round(count) === 1 ? noun.slice(0, -1) : noun}`;
}

export function noneOf(noun: Noun): string {
  return `No ${noun} in this selection`;
}
