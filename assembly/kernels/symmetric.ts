/*
 * Symmetric matrices of a few rows, (d, d) row-major f64.
 */

/** Sweeps over all pairs of rows, at most, and the share of squares off the diagonal at which they end. */
const SWEEPS: u32 = 12;
const NEGLIGIBLE: f64 = 1e-28;

@inline
function element(a: usize, d: u32, i: u32, j: u32): usize {
  return a + (<usize>(i * d + j) << 3);
}

/**
 * out (d, d) = Q·max(Λ, least)·Qᵀ, a = QΛQᵀ by Jacobi's rotations (Golub and Van Loan, Matrix Computations, section 8.5). Writes out and
 * uses up a; `vectors` is d² f64 of scratch.
 */
export function raise_eigenvalues(out: usize, a: usize, d: u32, least: f64, vectors: usize): void {
  memory.fill(vectors, 0, <usize>(d * d) << 3);
  for (let i: u32 = 0; i < d; i++) store<f64>(element(vectors, d, i, i), 1);
  for (let sweep: u32 = 0; sweep < SWEEPS && off_diagonal(a, d) > NEGLIGIBLE; sweep++) {
    for (let p: u32 = 0; p + 1 < d; p++) {
      for (let q = p + 1; q < d; q++) rotate(a, vectors, d, p, q);
    }
  }
  for (let i: u32 = 0; i < d; i++) {
    for (let j: u32 = 0; j < d; j++) {
      let sum: f64 = 0;
      for (let k: u32 = 0; k < d; k++) {
        const value = max(least, load<f64>(element(a, d, k, k)));
        sum += value * load<f64>(element(vectors, d, k, i)) * load<f64>(element(vectors, d, k, j));
      }
      store<f64>(element(out, d, i, j), sum);
    }
  }
}

/** Squares off the diagonal as a share of all. */
function off_diagonal(a: usize, d: u32): f64 {
  let off: f64 = 0, all: f64 = 0;
  for (let i: u32 = 0; i < d; i++) {
    for (let j: u32 = 0; j < d; j++) {
      const value = load<f64>(element(a, d, i, j));
      all += value * value;
      if (i != j) off += value * value;
    }
  }
  return all > 0 ? off / all : 0;
}

/** Turns rows and columns p and q so that a_pq = 0; the rows of `vectors` go along. */
function rotate(a: usize, vectors: usize, d: u32, p: u32, q: u32): void {
  const pq = load<f64>(element(a, d, p, q));
  if (pq == 0) return;
  const half = (load<f64>(element(a, d, q, q)) - load<f64>(element(a, d, p, p))) / (2 * pq);
  const t = (half < 0 ? -1.0 : 1.0) / (abs<f64>(half) + sqrt<f64>(half * half + 1));
  const c = 1 / sqrt<f64>(t * t + 1), s = t * c;
  for (let k: u32 = 0; k < d; k++) turn_pair(element(a, d, p, k), element(a, d, q, k), c, s);
  for (let k: u32 = 0; k < d; k++) turn_pair(element(a, d, k, p), element(a, d, k, q), c, s);
  for (let k: u32 = 0; k < d; k++) turn_pair(element(vectors, d, p, k), element(vectors, d, q, k), c, s);
}

@inline
function turn_pair(p: usize, q: usize, c: f64, s: f64): void {
  const x = load<f64>(p), y = load<f64>(q);
  store<f64>(p, c * x - s * y);
  store<f64>(q, s * x + c * y);
}
