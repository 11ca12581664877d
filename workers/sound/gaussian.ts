/** One Gaussian over cepstra, kept as sums: two are joined without looking at their frames again. */

export interface Gaussian {
  count: number;
  /** One a dimension. */
  sums: Float64Array;
  /** Lower triangle of the products, row by row. */
  products: Float64Array;
}

/** @param rows frames to take, of `size` values each in `values`. */
export function gaussianOf(values: Float32Array, size: number, rows: readonly number[]): Gaussian {
  const sums = new Float64Array(size);
  const products = new Float64Array((size * (size + 1)) / 2);
  for (const row of rows) {
    let at = 0;
    for (let index = 0; index < size; index++) {
      const value = values[row * size + index] ?? 0;
      sums[index] = (sums[index] ?? 0) + value;
      for (let other = 0; other <= index; other++, at++) products[at] = (products[at] ?? 0) + value * (values[row * size + other] ?? 0);
    }
  }
  return { count: rows.length, sums, products };
}

export function joined(one: Gaussian, other: Gaussian): Gaussian {
  return {
    count: one.count + other.count,
    sums: one.sums.map((sum, index) => sum + (other.sums[index] ?? 0)),
    products: one.products.map((product, index) => product + (other.products[index] ?? 0)),
  };
}

/** Of the covariance, by Cholesky; a little is added to its diagonal, so that few frames do not make it singular. */
function logDeterminant({ count, sums, products }: Gaussian): number {
  const size = sums.length;
  const lower = new Float64Array(size * size);
  let [at, sum] = [0, 0];
  for (let row = 0; row < size; row++) {
    for (let column = 0; column <= row; column++, at++) {
      let value = (products[at] ?? 0) / count - ((sums[row] ?? 0) * (sums[column] ?? 0)) / count ** 2 + (row === column ? 0.01 : 0);
      for (let index = 0; index < column; index++) value -= (lower[row * size + index] ?? 0) * (lower[column * size + index] ?? 0);
      lower[row * size + column] = row === column ? Math.sqrt(Math.max(value, 1e-9)) : value / (lower[column * size + column] ?? 1);
    }
    sum += 2 * Math.log(lower[row * size + row] ?? 1);
  }
  return sum;
}

/** How much better two Gaussians describe what one would: the log likelihood ratio, in nats. */
export function gainOfTwo(one: Gaussian, other: Gaussian): number {
  const both = joined(one, other);
  return 0.5 * (both.count * logDeterminant(both) - one.count * logDeterminant(one) - other.count * logDeterminant(other));
}

/** What the Bayesian information criterion asks of `gainOfTwo`. */
export function penalty(size: number, count: number): number {
  return 0.5 * (size + (size * (size + 1)) / 2) * Math.log(count);
}
