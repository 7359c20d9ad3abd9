import { FormatError } from "../errors.ts";
import type { OpenedFile } from "./format.ts";
import type { ByteSource } from "./source.ts";
import { type ImageDescription, imageInfo, orient, scaleBy, wholeHandle } from "./spm_image.ts";
import { nanometresIn, quantityOf, valueUnit } from "./spm_units.ts";
import { lineAt, NumberScanner } from "./text_numbers.ts";

/** "X[nm]   Y[nm]   Z[Å]": the units of the three columns. */
function unitsOf(line: string): string[] | undefined {
  const found = [...line.matchAll(/[XYZ]\s*\[([^\]]*)\]/gi)].map((match) => match[1]);
  return found.length === 3 ? found : undefined;
}

/** How far the coordinate must move to be another one: a thousandth of the first step. */
const EVEN = 1e-3;

interface RegularGrid {
  readonly rows: number;
  readonly columns: number;
  readonly stepX: number;
  readonly stepY: number;
  /** Whether y runs fastest in the list. */
  readonly byColumns: boolean;
}

/**
 * The regular grid of a list of (x, y, z): one coordinate runs fast, the other stays while it does.
 * @throws FormatError where the points lie on no such grid.
 */
function gridOf(source: ByteSource, points: Float64Array): RegularGrid {
  const count = points.length / 3;
  const at = (point: number, axis: number) => points[3 * point + axis];
  const byColumns = count > 1 && at(1, 0) === at(0, 0);
  const [fast, slow] = byColumns ? [1, 0] : [0, 1];
  let run = 1;
  while (run < count && at(run, slow) === at(0, slow)) run++;
  const stepFast = run > 1 ? at(1, fast) - at(0, fast) : 0;
  const stepSlow = run < count ? at(run, slow) - at(0, slow) : 0;
  const regular = count % run === 0 && (run === 1 || stepFast !== 0);
  for (let point = 0; regular && point < count; point++) {
    const [i, j] = [point % run, Math.floor(point / run)];
    const wrong =
      Math.abs(at(point, fast) - at(0, fast) - i * stepFast) > EVEN * Math.abs(stepFast) * Math.max(1, run) ||
      Math.abs(at(point, slow) - at(0, slow) - j * stepSlow) > EVEN * Math.abs(stepSlow) * Math.max(1, count / run);
    if (wrong)
      throw new FormatError(`${source.name}: point ${point} does not lie on a regular grid, expected an image`);
  }
  if (!regular) throw new FormatError(`${source.name}: ${count} points in rows of ${run} are no regular grid`);
  const slowCount = count / run;
  return byColumns
    ? { rows: run, columns: slowCount, stepX: stepSlow, stepY: stepFast, byColumns }
    : { rows: slowCount, columns: run, stepX: stepFast, stepY: stepSlow, byColumns };
}

/** "WSxM ASCII XYZ file": a line with the units, then x, y and z of every point. y grows upwards. */
export async function openXyz(source: ByteSource, format: string): Promise<OpenedFile> {
  const bytes = await source.read(0, source.size);
  let line = lineAt(bytes, lineAt(bytes, 0).next);
  let units: string[] | undefined;
  while (!units && line.next < bytes.length) {
    line = lineAt(bytes, line.next);
    units = unitsOf(line.text);
  }
  if (!units) throw new FormatError(`${source.name}: expected a line with X[…], Y[…] and Z[…], found none`);
  const scanner = new NumberScanner(bytes, source.name, line.next);
  let lines = 1;
  for (let at = bytes.indexOf(10, line.next); at >= 0; at = bytes.indexOf(10, at + 1)) lines++;
  const numbers = new Float64Array(3 * lines);
  let count = 0;
  while (!scanner.atEnd() && count < numbers.length) numbers[count++] = scanner.next();
  if (!scanner.atEnd()) throw new FormatError(`${source.name}: more than three numbers a line`);
  if (count === 0 || count % 3 !== 0)
    throw new FormatError(`${source.name}: truncated: ${count} numbers are no triples`);
  const points = numbers.subarray(0, count);
  const grid = gridOf(source, points);
  const [nmX, nmY] = units.slice(0, 2).map((unit) => nanometresIn(unit === "A" ? "Å" : unit));
  const unit = units[2] === "A" && units[0] === "A" ? "Å" : units[2];
  const image: ImageDescription = {
    name: "image",
    rows: grid.rows,
    columns: grid.columns,
    heightNm: nmY === undefined ? undefined : grid.rows * grid.stepY * nmY,
    widthNm: nmX === undefined ? undefined : grid.columns * grid.stepX * nmX,
    dtype: "text",
    quantity: quantityOf(unit),
    unit,
    metadata: {},
  };
  const info = imageInfo(source, image);
  const handle = wholeHandle(info, async () => {
    const data = new Float32Array(grid.rows * grid.columns);
    for (let row = 0; row < grid.rows; row++) {
      for (let column = 0; column < grid.columns; column++) {
        const point = grid.byColumns ? column * grid.rows + row : row * grid.columns + column;
        data[row * grid.columns + column] = points[3 * point + 2];
      }
    }
    const turned = orient(data, grid.columns, { flipRows: grid.stepY > 0, flipColumns: grid.stepX < 0 });
    return scaleBy(turned, valueUnit(unit).factor);
  });
  return { format, datasets: [handle], metadata: {} };
}
