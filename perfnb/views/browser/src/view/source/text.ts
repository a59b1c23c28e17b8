// The text of the lines, in coloured pieces.
import {LONGEST} from "./line";
import type {TextLine} from "./listing";
import {Highlighter, isPython, type Token} from "./tokens";
import type {FunctionRef, Listing} from "./types";

const TAB = 4;

export class SourceText {
  private readonly colours: readonly Highlighter[];

  constructor(
    private readonly chunks: Listing["chunks"],
    {file, kind}: Pick<FunctionRef, "file" | "kind">,
  ) {
    this.colours = isPython(file, kind) ? chunks.map(({lines}) => new Highlighter(lines)) : [];
  }

  /** Null for a line without text. */
  tokens({chunk, offset}: TextLine): readonly Token[] | null {
    if (chunk < 0) {
      return null;
    }
    const tokens = this.colours[chunk]?.tokens(offset) ?? [{kind: "plain", text: this.chunks[chunk].lines[offset]}];
    return cut(tokens, LONGEST);
  }
}

/** How wide the widest line is, in characters of a fixed width; lines are cut at `most`. */
export function columnsOf(chunks: Listing["chunks"], most: number): number {
  let widest = 0;
  for (const {lines} of chunks) {
    for (const line of lines) {
      // Nothing is wider than a tab: most lines need not be looked at.
      if (line.length * TAB > widest) {
        widest = Math.max(widest, columns(line.slice(0, most)));
      }
    }
  }
  return widest;
}

function columns(line: string): number {
  let count = 0;
  for (let at = 0; at < line.length; at++) {
    const code = line.charCodeAt(at);
    // From Hangul on, many scripts take two columns; half a surrogate pair takes one.
    count += code === 9 ? TAB - (count % TAB) : code >= 0x1100 && (code < 0xd800 || code > 0xdfff) ? 2 : 1;
  }
  return count;
}

function cut(tokens: readonly Token[], most: number): readonly Token[] {
  let left = most;
  const kept: Token[] = [];
  for (const {kind, text} of tokens) {
    if (text.length > left) {
      return [...kept, {kind, text: text.slice(0, left)}, {kind: "plain", text: " …"}];
    }
    kept.push({kind, text});
    left -= text.length;
  }
  return kept;
}
