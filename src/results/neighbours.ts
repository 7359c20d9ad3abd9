import { ShapeError } from "../errors.ts";

/** Points of a k-d tree's leaf: below this a scan is faster than a split. */
const LEAF = 12;

/** Nearest neighbours among n points of d dimensions (Bentley, Commun. ACM 18, 509 (1975); median splits, one axis a level). */
export class KdTree {
  readonly count: number;
  readonly dim: number;
  private readonly points: ArrayLike<number>;
  /** Point numbers, ordered so that the middle of every range splits it. */
  private readonly order: Int32Array;

  /** @param points (n, dim), row-major; kept, not copied */
  constructor(points: ArrayLike<number>, dim: number) {
    if (!Number.isInteger(points.length / dim)) {
      throw new ShapeError(`KdTree: expected a multiple of ${dim} numbers, got ${points.length}`);
    }
    this.points = points;
    this.dim = dim;
    this.count = points.length / dim;
    this.order = Int32Array.from({ length: this.count }, (_, i) => i);
    this.split(0, this.count, 0);
  }

  private split(low: number, high: number, axis: number): void {
    if (high - low <= LEAF) return;
    const { points, dim } = this;
    this.order.subarray(low, high).sort((i, j) => points[i * dim + axis] - points[j * dim + axis] || i - j);
    const middle = (low + high) >> 1;
    const next = (axis + 1) % dim;
    this.split(low, middle, next);
    this.split(middle + 1, high, next);
  }

  /** The k nearest points to `query` (dim), nearest first, as point numbers; all where k ≥ n. Ties: the tree's order. */
  nearest(query: ArrayLike<number>, k: number): Int32Array {
    const best = new NearestList(Math.min(k, this.count));
    if (best.capacity > 0) this.search(query, best, 0, this.count, 0);
    return best.index;
  }

  private search(query: ArrayLike<number>, best: NearestList, low: number, high: number, axis: number): void {
    if (high - low <= LEAF) {
      for (let n = low; n < high; n++) this.offer(query, best, this.order[n]);
      return;
    }
    const middle = (low + high) >> 1;
    const next = (axis + 1) % this.dim;
    const offset = query[axis] - this.points[this.order[middle] * this.dim + axis];
    const [nearLow, nearHigh] = offset < 0 ? [low, middle] : [middle + 1, high];
    const [farLow, farHigh] = offset < 0 ? [middle + 1, high] : [low, middle];
    this.search(query, best, nearLow, nearHigh, next);
    this.offer(query, best, this.order[middle]);
    if (offset * offset <= best.worst) this.search(query, best, farLow, farHigh, next);
  }

  /** All points within `radius` of `query` (dim), the bound included, as point numbers in ascending order. */
  within(query: ArrayLike<number>, radius: number): number[] {
    const found: number[] = [];
    this.collect(query, radius, found, 0, this.count, 0);
    return found.sort((i, j) => i - j);
  }

  private collect(
    query: ArrayLike<number>,
    radius: number,
    found: number[],
    low: number,
    high: number,
    axis: number,
  ): void {
    const { points, dim, order } = this;
    const take = (point: number) => {
      let square = 0;
      for (let d = 0; d < dim; d++) square += (query[d] - points[point * dim + d]) ** 2;
      if (square <= radius * radius) found.push(point);
    };
    if (high - low <= LEAF) {
      for (let n = low; n < high; n++) take(order[n]);
      return;
    }
    const middle = (low + high) >> 1;
    const offset = query[axis] - points[order[middle] * dim + axis];
    const next = (axis + 1) % dim;
    take(order[middle]);
    if (offset <= radius) this.collect(query, radius, found, low, middle, next);
    if (offset >= -radius) this.collect(query, radius, found, middle + 1, high, next);
  }

  private offer(query: ArrayLike<number>, best: NearestList, point: number): void {
    let square = 0;
    for (let d = 0; d < this.dim; d++) square += (query[d] - this.points[point * this.dim + d]) ** 2;
    best.offer(point, square);
  }
}

/** The nearest points so far, in order of their distance. */
class NearestList {
  readonly capacity: number;
  readonly index: Int32Array;
  private readonly square: Float64Array;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.index = new Int32Array(capacity).fill(-1);
    this.square = new Float64Array(capacity).fill(Number.POSITIVE_INFINITY);
  }

  /** Squared distance that a point has to beat. */
  get worst(): number {
    return this.square[this.capacity - 1];
  }

  offer(point: number, square: number): void {
    if (!(square < this.worst)) return;
    let slot = this.capacity - 1;
    for (; slot > 0 && this.square[slot - 1] > square; slot--) {
      this.square[slot] = this.square[slot - 1];
      this.index[slot] = this.index[slot - 1];
    }
    this.square[slot] = square;
    this.index[slot] = point;
  }
}
