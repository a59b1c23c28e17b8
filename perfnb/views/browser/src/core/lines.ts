// Self and total of each line of a file.
import {outermost, picked, sumBy} from "./outermost";
import {seenStacks} from "./select";
import type {Tables} from "./tables";
import {comparePoints} from "./text";

export interface LineTable {
  readonly file: string;
  /** The lines that have samples, ascending; unknown lines (0) are left out. */
  readonly lines: Int32Array;
  /** These stand as `lines` do. A line that is on a stack several times counts once. */
  readonly self: Float64Array;
  readonly total: Float64Array;
  readonly selfSamples: Float64Array;
  readonly totalSamples: Float64Array;
  /** The names of the functions at each line, distinct and sorted, joined with ", ". */
  readonly functions: readonly string[];
}

export function lineTable(tables: Tables, file: string): LineTable {
  const {strings, functions, frames, stacks} = tables;
  const isOfFile = functions.file.map((text) => (strings[text] === file ? 1 : 0));
  const framesOfFile: number[] = [];
  for (let frame = 0; frame < frames.line.length; frame++) {
    if (frames.line[frame] > 0 && isOfFile[frames.function[frame]]) {
      framesOfFile.push(frame);
    }
  }
  const all = Int32Array.from(new Set(framesOfFile.map((frame) => frames.line[frame]))).sort();
  const places = new Map(Array.from(all, (line, place) => [line, place]));
  const ofFrame = new Int32Array(frames.line.length).fill(-1);
  const isSeen = seenFrames(tables);
  const names = Array.from(all, () => new Set<string>());
  for (const frame of framesOfFile) {
    ofFrame[frame] = places.get(frames.line[frame])!;
    if (isSeen[frame]) {
      names[ofFrame[frame]].add(strings[functions.name[frames.function[frame]]]);
    }
  }
  const ofStack = stacks.frame.map((frame) => ofFrame[frame]);
  const sums = sumBy(tables, ofStack, outermost(stacks, ofStack, all.length), all.length);
  const rows = Int32Array.from(all, (_, place) => place).filter((place) => sums.totalSamples[place] > 0);
  return {
    file,
    lines: rows.map((place) => all[place]),
    self: picked(sums.self, rows),
    total: picked(sums.total, rows),
    selfSamples: picked(sums.selfSamples, rows),
    totalSamples: picked(sums.totalSamples, rows),
    functions: Array.from(rows, (place) => Array.from(names[place]).sort(comparePoints).join(", ")),
  };
}

/** 1 for each frame that is on the stack of some sample. */
function seenFrames(tables: Tables): Uint8Array {
  const {parent, frame} = tables.stacks;
  const seen = seenStacks(tables);
  const flags = new Uint8Array(tables.frames.line.length);
  for (let stack = parent.length - 1; stack >= 0; stack--) {
    if (seen[stack]) {
      flags[frame[stack]] = 1;
      if (parent[stack] >= 0) {
        seen[parent[stack]] = 1;
      }
    }
  }
  return flags;
}
