/**
 * Transcendental functions of + − × ÷ and square roots only, so that every engine gives the same bits (JB5). Range
 * reduction and polynomials after fdlibm (Sun Microsystems 1993) and plain series; errors are a few units in the last
 * place over the ranges the tests name.
 */

/** π to double precision. */
export const pi = 2 * 1.5707963267948966;
const halfPiHigh = 1.5707963267341256, halfPiLow = 6.077100506506192e-11;
const ln2High = 6.93147180369123816490e-1, ln2Low = 1.90821492927058770002e-10;

/** sin on [−π/4, π/4]. */
function sineNear(x: number): number {
  const z = x * x;
  return x + x * z * (-1.66666666666666324348e-1 + z * (8.33333333332248946124e-3 + z * (-1.98412698298579493134e-4
    + z * (2.75573137070700676789e-6 + z * (-2.50507602534068634195e-8 + z * 1.58969099521155010221e-10)))));
}

/** cos on [−π/4, π/4]. */
function cosineNear(x: number): number {
  const z = x * x;
  return 1 - 0.5 * z + z * z * (4.16666666666666019037e-2 + z * (-1.38888888888741095749e-3 + z * (2.48015872894767294178e-5
    + z * (-2.75573143513906633035e-7 + z * (2.08757232129817482790e-9 - z * 1.13596475577881948265e-11)))));
}

/** What is left of x after quarter turns, and how many of them, for |x| up to about 1e6. */
function quarterTurns(x: number): [rest: number, turns: number] {
  const n = Math.round(x / (pi / 2));
  return [x - n * halfPiHigh - n * halfPiLow, ((n % 4) + 4) % 4];
}

/** Sine of x radians, |x| ≤ 1e6; NaN for what is not finite. */
export function sin(x: number): number {
  const [r, turns] = quarterTurns(x);
  const value = turns % 2 === 0 ? sineNear(r) : cosineNear(r);
  return turns < 2 ? value : -value;
}

/** Cosine of x radians, |x| ≤ 1e6; NaN for what is not finite. */
export function cos(x: number): number {
  const [r, turns] = quarterTurns(x);
  const value = turns % 2 === 0 ? cosineNear(r) : sineNear(r);
  return turns === 0 || turns === 3 ? value : -value;
}

/** atan on [−tan(π/16), tan(π/16)]: the alternating series, long enough for full precision there. */
function arcNear(x: number): number {
  const z = x * x;
  let sum = 0;
  for (let k = 23; k >= 1; k -= 2) sum = 1 / k - z * sum;
  return x * sum;
}

/** atan for x ≥ 0: the half-angle formula twice, then the series. */
function arc(x: number): number {
  if (x > 1) return pi / 2 - arc(1 / x);
  const once = x / (1 + Math.sqrt(1 + x * x));
  const twice = once / (1 + Math.sqrt(1 + once * once));
  return 4 * arcNear(twice);
}

/** Angle of the point (x, y), −π … π radians; 0 at the origin. */
export function atan2(y: number, x: number): number {
  if (Number.isNaN(x) || Number.isNaN(y)) return NaN;
  if (x === 0 && y === 0) return 0;
  const a = Math.abs(y), b = Math.abs(x);
  const first = b === 0 ? pi / 2 : arc(a / b);
  const half = x < 0 ? pi - first : first;
  return y < 0 ? -half : half;
}

/** A power of two, −1074 ≤ n ≤ 1023. */
function powerOfTwo(n: number): number {
  let result = 1, base = n < 0 ? 0.5 : 2;
  for (let k = Math.abs(n); k > 0; k = Math.floor(k / 2)) {
    if (k % 2 === 1) result *= base;
    base *= base;
  }
  return result;
}

/** e to the x. */
export function exp(x: number): number {
  if (Number.isNaN(x)) return NaN;
  if (x > 709.782712893384) return Infinity;
  if (x < -745.2) return 0;
  const n = Math.round(x / (ln2High + ln2Low)), r = x - n * ln2High - n * ln2Low;
  let sum = 1;
  for (let k = 14; k >= 1; k--) sum = 1 + r * sum / k;
  return n < -1000 ? sum * powerOfTwo(n + 60) * powerOfTwo(-60) : n > 1000 ? sum * powerOfTwo(n - 60) * powerOfTwo(60) : sum * powerOfTwo(n);
}

/** Natural logarithm; −Infinity at 0, NaN below. */
export function log(x: number): number {
  if (!(x >= 0)) return NaN;
  if (x === 0) return -Infinity;
  if (x === Infinity) return Infinity;
  let m = x, n = 0;
  for (let step = 512; step >= 1; step /= 2) {
    const big = powerOfTwo(step);
    while (m >= big) { m /= big; n += step; }
    while (m * big < 1) { m *= big; n -= step; }
  }
  while (m < 1) { m *= 2; n--; }
  if (m > Math.sqrt(2)) { m /= 2; n++; }
  // ln m = 2 artanh((m − 1)/(m + 1)), |s| ≤ 0.172.
  const s = (m - 1) / (m + 1), z = s * s;
  let sum = 0;
  for (let k = 23; k >= 3; k -= 2) sum = z * (1 / k + sum);
  return n * ln2High + (2 * s + (2 * s * sum + n * ln2Low));
}

/** x to the y for x > 0 (and 0 or whole y). Relative error about 1e-15·(1 + |y ln x|). */
export function pow(x: number, y: number): number {
  if (y === 0) return 1;
  if (Number.isInteger(y) && Math.abs(y) <= 1024) {
    let result = 1, base = x;
    for (let k = Math.abs(y); k > 0; k = Math.floor(k / 2)) {
      if (k % 2 === 1) result *= base;
      base *= base;
    }
    return y < 0 ? 1 / result : result;
  }
  if (x === 0) return y > 0 ? 0 : Infinity;
  return x < 0 ? NaN : exp(y * log(x));
}
