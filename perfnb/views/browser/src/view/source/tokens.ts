// The pieces of Python's source that deserve a colour. No parser: whatever the text is, every
// character of it comes out again, in one pass.

export type TokenKind = "comment" | "string" | "number" | "keyword" | "decorator" | "definition" | "plain";

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
}

/** The quotes of a string that goes on in the next line; empty outside of one. */
export type Inside = "" | "'" | '"' | "'''" | '"""';

const KEYWORDS = new Set(
  (
    "False None True and as assert async await break class continue def del elif else except finally for from global " +
    "if import in is lambda nonlocal not or pass raise return try while with yield"
  ).split(" "),
);

/** Strings by their quotes: up to the closing ones, or to the end of the line. */
const REST = {
  "'": /(?:[^'\\]|\\.)*('|\\?$)/ys,
  '"': /(?:[^"\\]|\\.)*("|\\?$)/ys,
  "'''": /(?:[^'\\]|\\.|'(?!''))*('''|\\?$)/ys,
  '"""': /(?:[^"\\]|\\.|"(?!""))*("""|\\?$)/ys,
} as const;

const PIECE = new RegExp(
  [
    /(?<comment>#.*)/,
    /(?<open>(?:[rbfut]|[rf]b|b[rf]|[ft]r|r[ft])?(?<quotes>'''|"""|'|"))/,
    /(?<number>0[xob][\da-f_]+|(?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)(?:e[+-]?\d[\d_]*)?j?)/,
    /(?<word>[\p{L}_][\p{L}\p{N}_]*)/u,
    /(?<other>\s+|.)/,
  ]
    .map(({source}) => source)
    .join("|"),
  "iuys",
);
/** An at sign that begins a line, or a magic of IPython. */
const DECORATOR = /(\s*)(@\s*[\p{L}_][\p{L}\p{N}_.]*|(?<=^)(?:%%?|!)[\p{L}_.].*)/uys;
/** Keywords only where they begin a block. */
const SOFT = /^\s*(match|case)\b(?!\s*[=.,)\]]).*:\s*(#.*)?$/s;

export function tokenize(line: string, inside: Inside = ""): {tokens: Token[]; inside: Inside} {
  const tokens: Token[] = [];
  let at = 0;
  let open = inside;
  const push = (kind: TokenKind, text: string): void => {
    const last = tokens[tokens.length - 1];
    if (last !== undefined && last.kind === kind && kind !== "definition") {
      tokens[tokens.length - 1] = {kind, text: last.text + text};
    } else if (text !== "") {
      tokens.push({kind, text});
    }
    at += text.length;
  };
  const string = (quotes: Exclude<Inside, "">): void => {
    const rest = REST[quotes];
    rest.lastIndex = at;
    const found = rest.exec(line);
    const [text, end] = found ?? [line.slice(at), ""];
    push("string", text);
    // A single quote reaches into the next line only after a backslash.
    open = end === quotes || (quotes.length === 1 && end !== "\\") ? "" : quotes;
  };
  if (open !== "") {
    string(open);
  } else {
    DECORATOR.lastIndex = 0;
    const [, space, mark] = DECORATOR.exec(line) ?? [];
    if (mark !== undefined) {
      push("plain", space);
      push("decorator", mark);
    }
  }
  const soft = inside === "" && SOFT.test(line);
  let before = "";
  while (at < line.length) {
    PIECE.lastIndex = at;
    const groups = PIECE.exec(line)?.groups ?? {other: line.slice(at)};
    const {comment, open: opening, quotes, number, word, other} = groups;
    if (comment !== undefined) {
      push("comment", comment);
    } else if (opening !== undefined) {
      push("string", opening);
      string(quotes as Exclude<Inside, "">);
    } else if (number !== undefined) {
      push("number", number);
    } else if (word !== undefined) {
      const first = tokens.every(({text}) => text.trim() === "");
      push(kindOf(word, before, soft && first), word);
    } else {
      push("plain", other);
    }
    before = word ?? (other?.trim() === "" ? before : "");
  }
  return {tokens, inside: open};
}

function kindOf(word: string, before: string, soft: boolean): TokenKind {
  if (KEYWORDS.has(word) || (soft && (word === "match" || word === "case"))) {
    return "keyword";
  }
  return before === "def" || before === "class" ? "definition" : "plain";
}

/** Colours lines in any order: what a line begins inside of is worked out as far as it is needed. */
export class Highlighter {
  private readonly begins: Inside[] = [""];

  constructor(private readonly lines: readonly string[]) {}

  tokens(index: number): Token[] {
    while (this.begins.length <= index) {
      const last = this.begins.length - 1;
      this.begins.push(tokenize(this.lines[last], this.begins[last]).inside);
    }
    return tokenize(this.lines[index], this.begins[index]).tokens;
  }
}

export function isPython(file: string, kind: string): boolean {
  return kind === "python" || /\.(pyw?|pyi|pyx|pxd|ipy)$/i.test(file);
}
