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

  /** The point nearest to (row, col) and at most `radius` away, the first of several; −1 where there is none. */
  nearest(row: number, col: number, radius: number): number {
    const { points } = this;
    let [best, least] = [-1, radius * radius];
    for (let r = this.bin(row - radius); r <= this.bin(row + radius); r++) {
      for (let c = this.bin(col - radius); c <= this.bin(col + radius); c++) {
        const members = this.cells.get(this.key(r, c));
        if (!members) continue;
        for (const i of members) {
          const [down, along] = [points[2 * i] - row, points[2 * i + 1] - col];
          const square = down * down + along * along;
          if (square < least || (square === least && (best < 0 || i < best))) [best, least] = [i, square];
        }
      }
    }
    return best;
  }
}

/** Typical distance between neighbouring points of a uniform density, for pictures where no lattice is known. */
export function typicalSpacing(count: number, rows: number, cols: number): number {
  return Math.sqrt((rows * cols) / Math.max(1, count));
}
