/** Points (row, column) sorted into square cells, for near-neighbour questions in constant time. */
export class PointGrid {
  private readonly cells = new Map<number, number[]>();
  private readonly points: Float64Array;
  private readonly cell: number;

  /** `points` is (n, 2); `cell` about the distance that will be asked for. */
  constructor(points: Float64Array, cell: number) {
    this.points = points;
    this.cell = cell;
    for (let i = 0; 2 * i < points.length; i++) {
      const key = this.key(this.bin(points[2 * i]), this.bin(points[2 * i + 1]));
      const members = this.cells.get(key);
      if (members) members.push(i);
      else this.cells.set(key, [i]);
    }
  }

  private bin(coordinate: number): number {
    return Math.floor(coordinate / this.cell);
  }

  /** Unique while there are fewer than 2²⁰ cells in a row. */
  private key(row: number, col: number): number {
    return row * 2 ** 21 + col;
  }

  /** Indices of the points at most `radius` from (row, col), in order of index. */
  within(row: number, col: number, radius: number): number[] {
    const found: number[] = [];
    for (let r = this.bin(row - radius); r <= this.bin(row + radius); r++) {
      for (let c = this.bin(col - radius); c <= this.bin(col + radius); c++) {
        for (const i of this.cells.get(this.key(r, c)) ?? []) {
          if (Math.hypot(this.points[2 * i] - row, this.points[2 * i + 1] - col) <= radius) found.push(i);
        }
      }
    }
    return found.sort((a, b) => a - b);
  }

  /** The point nearest to (row, col) and at most `radius` away; −1 where there is none. */
  nearest(row: number, col: number, radius: number): number {
    let [best, bestDistance] = [-1, Number.POSITIVE_INFINITY];
    for (const i of this.within(row, col, radius)) {
      const distance = Math.hypot(this.points[2 * i] - row, this.points[2 * i + 1] - col);
      if (distance < bestDistance) [best, bestDistance] = [i, distance];
    }
    return best;
  }
}

/** Typical distance between neighbouring points of a uniform density, for pictures where no lattice is known. */
export function typicalSpacing(count: number, rows: number, cols: number): number {
  return Math.sqrt((rows * cols) / Math.max(1, count));
}
