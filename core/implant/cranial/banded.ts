/** A symmetric positive definite matrix of which only `band` diagonals below the main one hold anything. */
export class BandedSystem {
  readonly n: number;
  readonly band: number;
  /** Row i, column j ≤ i at i·(band + 1) + j − i + band. */
  readonly lower: Float64Array;

  constructor(n: number, band: number) {
    this.n = n;
    this.band = band;
    this.lower = new Float64Array(n * (band + 1));
  }

  /** Adds to entry (i, j) and its mirror. */
  add(i: number, j: number, value: number): void {
    const row = Math.max(i, j), column = Math.min(i, j);
    this.lower[row * (this.band + 1) + column - row + this.band] += value;
  }

  /** Replaces the matrix by its Cholesky factor, row by row. */
  factor(): void {
    const { n, band, lower } = this, width = band + 1;
    for (let i = 0; i < n; i++) {
      const first = Math.max(0, i - band), rowI = i * width - i + band;
      for (let j = first; j <= i; j++) {
        const rowJ = j * width - j + band, from = Math.max(first, j - band);
        let sum = lower[rowI + j];
        for (let k = from; k < j; k++) sum -= lower[rowI + k] * lower[rowJ + k];
        lower[rowI + j] = j < i ? sum / lower[rowJ + j] : Math.sqrt(Math.max(sum, 1e-12));
      }
    }
  }

  /** The solution for a right-hand side, after `factor`. */
  solve(right: Float64Array): Float64Array {
    const { n, band, lower } = this, width = band + 1, x = Float64Array.from(right);
    for (let i = 0; i < n; i++) {
      const row = i * width - i + band;
      let sum = x[i];
      for (let k = Math.max(0, i - band); k < i; k++) sum -= lower[row + k] * x[k];
      x[i] = sum / lower[row + i];
    }
    for (let i = n - 1; i >= 0; i--) {
      const row = i * width - i + band;
      x[i] /= lower[row + i];
      for (let k = Math.max(0, i - band); k < i; k++) x[k] -= lower[row + k] * x[i];
    }
    return x;
  }
}
