// The source text that travels with a profile.
import {MalformedTables} from "./malformed";
import type {SourceFile} from "./tables";

export interface PackedSource {
  readonly note: string;
  readonly chunks: readonly {readonly first: number; readonly text: string}[];
}

/** Form feeds and the like belong to a line. */
const NEWLINE = /\r?\n/;

export function readSources(packed: Record<string, PackedSource>): Map<string, SourceFile> {
  return new Map(
    Object.entries(packed).map(([file, {note, chunks}]) => {
      if (!Array.isArray(chunks) || chunks.some(({first, text}) => !(first >= 1) || typeof text !== "string")) {
        throw new MalformedTables(`the source of ${file} is not text with the number of its first line`);
      }
      return [file, {note, chunks: chunks.map(({first, text}) => ({first, lines: text.split(NEWLINE)}))}];
    }),
  );
}
