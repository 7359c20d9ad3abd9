import { FormatError } from "../errors.ts";

/** A Python literal as NPY headers hold it; tuples and lists are arrays, dictionaries are maps. */
export type PythonLiteral = string | number | boolean | null | PythonLiteral[] | Map<string, PythonLiteral>;

const TOKEN = /\s*(?:([[\](){},:])|(-?\d+)L?|[bu]?'([^'\\]*)'|[bu]?"([^"\\]*)"|(True|False|None)\b)/y;
const WORDS: Readonly<Record<string, boolean | null>> = { True: true, False: false, None: null };
const MAX_DEPTH = 32;

interface Token {
  readonly mark?: string;
  readonly value?: string | number | boolean | null;
}

/** Parses the literal; nothing is ever evaluated. Throws a `FormatError` for anything else than a literal. */
export function parsePythonLiteral(text: string, name: string): PythonLiteral {
  const fail = (): never => {
    throw new FormatError(
      `${name}: expected a Python literal in the header, found ${JSON.stringify(text.slice(0, 80))}`,
    );
  };
  const tokens = tokenize(text, fail);
  let at = 0;
  const next = (): Token => tokens[at++] ?? fail();
  const isNext = (mark: string): boolean => tokens[at]?.mark === mark;

  function value(depth: number): PythonLiteral {
    if (depth > MAX_DEPTH) fail();
    const token = next();
    if (token.mark === undefined) return token.value ?? null;
    if (token.mark === "(" || token.mark === "[") return sequence(token.mark === "(" ? ")" : "]", depth);
    if (token.mark === "{") return dictionary(depth);
    return fail();
  }

  function sequence(end: string, depth: number): PythonLiteral[] {
    const items: PythonLiteral[] = [];
    while (!isNext(end)) {
      items.push(value(depth + 1));
      if (!isNext(end) && next().mark !== ",") fail();
    }
    at++;
    return items;
  }

  function dictionary(depth: number): Map<string, PythonLiteral> {
    const entries = new Map<string, PythonLiteral>();
    while (!isNext("}")) {
      const key = value(depth + 1);
      if (typeof key !== "string" || next().mark !== ":") fail();
      entries.set(String(key), value(depth + 1));
      if (!isNext("}") && next().mark !== ",") fail();
    }
    at++;
    return entries;
  }

  const result = value(0);
  if (at !== tokens.length) fail();
  return result;
}

function tokenize(text: string, fail: () => never): Token[] {
  const tokens: Token[] = [];
  const trimmed = text.trimEnd();
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < trimmed.length) {
    const match = TOKEN.exec(trimmed) ?? fail();
    const [, mark, integer, single, double, word] = match;
    if (mark !== undefined) tokens.push({ mark });
    else if (integer !== undefined) tokens.push({ value: Number(integer) });
    else if (word !== undefined) tokens.push({ value: WORDS[word] });
    else tokens.push({ value: single ?? double });
  }
  return tokens;
}
