import { FormatError } from "../errors.ts";
import { latin1 } from "./bytes.ts";
import { MAX_SAMPLES } from "./select.ts";

/** How numbers are written in a text table. */
export interface TableDialect {
  readonly delimiter: "\t" | ";" | "," | " ";
  readonly decimalComma: boolean;
}

/** A rectangular table of numbers. */
export interface TextTable {
  readonly rows: number;
  readonly columns: number;
  /** Row-major. */
  readonly data: Float64Array;
  /** Fields of the line of words above the numbers; empty where there is none. */
  readonly header: readonly string[];
  readonly comments: readonly string[];
}

/** Tried in this order: the first that reads every line of a sample as equally many numbers is taken. */
const DIALECTS: readonly TableDialect[] = [
  { delimiter: "\t", decimalComma: false },
  { delimiter: ";", decimalComma: false },
  { delimiter: ",", decimalComma: false },
  { delimiter: " ", decimalComma: false },
  { delimiter: "\t", decimalComma: true },
  { delimiter: ";", decimalComma: true },
  { delimiter: " ", decimalComma: true },
];
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eEdD][+-]?\d+)?$/;
const NOT_A_NUMBER = /^([+-]?nan|na|--|n\/a)$/i;
const INFINITE = /^([+-]?)inf(inity)?$/i;
const COMMENT = /^\s*(#|%|\/\/)/;
const SAMPLE_LINES = 50;
const SMALLEST_TABLE = 4;

/** The dialect of a text, from whole lines of its start; undefined where this is no table of numbers. */
export function detectDialect(sample: string): TableDialect | undefined {
  const lines = sample.split(/\r\n|\n|\r/).filter((line) => line.trim() !== "" && !COMMENT.test(line));
  const tested = lines.slice(0, SAMPLE_LINES);
  return DIALECTS.find((dialect) => isTable(tested, dialect));
}

/** At most one line of words, then lines of equally many numbers, four numbers or more in all. */
function isTable(lines: readonly string[], dialect: TableDialect): boolean {
  const rows = lines.map((line) => parseLine(line, dialect));
  if (rows[0] === undefined) rows.shift();
  const columns = rows[0]?.length ?? 0;
  return rows.every((row) => row?.length === columns) && rows.length * columns >= SMALLEST_TABLE;
}

function splitLine(line: string, delimiter: string): string[] {
  const trimmed = line.trim();
  if (delimiter === " ") return trimmed.split(/\s+/);
  const fields = trimmed.split(delimiter).map((field) => field.trim());
  // A delimiter after the last number ends the line and starts no further column.
  if (fields.length > 1 && fields.at(-1) === "") fields.pop();
  return fields;
}

/** The numbers of a line; undefined where a field is something else. */
function parseLine(line: string, { delimiter, decimalComma }: TableDialect): number[] | undefined {
  const numbers: number[] = [];
  for (const field of splitLine(line, delimiter)) {
    const value = parseNumber(decimalComma ? field.replace(",", ".") : field);
    if (value === undefined) return undefined;
    numbers.push(value);
  }
  return numbers;
}

function parseNumber(field: string): number | undefined {
  if (NUMBER.test(field)) return Number(field.replace(/[dD]/, "e"));
  if (field === "" || NOT_A_NUMBER.test(field)) return Number.NaN;
  const infinite = INFINITE.exec(field);
  if (infinite) return infinite[1] === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  return undefined;
}

/** Parses a whole text; a `FormatError` names the line that is not like the others. */
export function parseTable(bytes: Uint8Array, name: string, dialect: TableDialect): TextTable {
  let data = new Float64Array(1024);
  let [rows, columns] = [0, 0];
  let header: string[] = [];
  const comments: string[] = [];
  let lineNumber = 0;
  for (const line of linesOf(bytes)) {
    lineNumber++;
    if (COMMENT.test(line)) comments.push(line.replace(COMMENT, "").trim());
    if (line.trim() === "" || COMMENT.test(line)) continue;
    const numbers = parseLine(line, dialect);
    if (!numbers && rows === 0 && header.length === 0) {
      header = splitLine(line, dialect.delimiter);
      continue;
    }
    if (!numbers || (rows > 0 && numbers.length !== columns)) {
      const found = numbers ? `${numbers.length}` : JSON.stringify(line.slice(0, 40));
      throw new FormatError(`${name}: line ${lineNumber}: expected ${columns || "some"} numbers, found ${found}`);
    }
    columns = numbers.length;
    const used = rows * columns;
    if (used + columns > MAX_SAMPLES / 4)
      throw new FormatError(`${name}: more than ${MAX_SAMPLES / 4} numbers as text`);
    if (used + columns > data.length) data = grow(data, used + columns);
    data.set(numbers, used);
    rows++;
  }
  if (rows === 0) throw new FormatError(`${name}: expected lines of numbers, found none`);
  return { rows, columns, data: data.subarray(0, rows * columns), header, comments };
}

function grow(data: Float64Array, needed: number) {
  const larger = new Float64Array(Math.max(needed, data.length * 2));
  larger.set(data);
  return larger;
}

/** Lines one by one, so that the text is never held twice; ends of line of every system. */
function* linesOf(bytes: Uint8Array): Generator<string> {
  let start = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  const newline = bytes.includes(10) ? 10 : 13;
  while (start < bytes.length) {
    const found = bytes.indexOf(newline, start);
    const end = found < 0 ? bytes.length : found;
    yield latin1(bytes.subarray(start, end));
    start = end + 1;
  }
}
