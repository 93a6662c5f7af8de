import { pow } from "../../space/math.ts";

type Row = readonly [number, number, number];
/** Linear sRGB → CIE XYZ of white D65, and D65 → D50 by Bradford (CSS Color Module Level 4, sample code). */
const toXyz: readonly Row[] = [[0.41239079926595934, 0.357584339383878, 0.1804807884018343], [0.21263900587151027, 0.715168678767756, 0.07219231536073371], [0.01933081871559182, 0.11919477979462598, 0.9505321522496607]];
const toD50: readonly Row[] = [[1.0479297925449969, 0.022946870601609652, -0.05019226628920524], [0.02962780877005599, 0.9904344267538799, -0.017073799063418826], [-0.009243040646204504, 0.015055191490298152, 0.7518742814281371]];
const white: Row = [0.3457 / 0.3585, 1, (1 - 0.3457 - 0.3585) / 0.3585];

const times = (rows: readonly Row[], [a, b, c]: readonly number[]): number[] => rows.map(([x, y, z]) => x * a + y * b + z * c);
/** A channel of sRGB, 0…1, in linear light, 0…1 (IEC 61966-2-1). */
export const linearOfSrgb = (c: number): number => (c <= 0.04045 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4));
const curved = (t: number): number => (t > 216 / 24_389 ? pow(t, 1 / 3) : (24_389 / 27 * t + 16) / 116);

/**
 * A colour #rrggbb (sRGB, IEC 61966-2-1) as DICOM's CIELab values of 0…65535: L* 0…100, a* and b* −128…127, of the ICC's
 * connection space, white D50 (PS3.3 C.10.7.1.1).
 */
export function dicomLabOf(color: string): [number, number, number] {
  const xyz = times(toD50, times(toXyz, [1, 3, 5].map((at) => linearOfSrgb(Number.parseInt(color.slice(at, at + 2), 16) / 255)))), [fx, fy, fz] = xyz.map((value, i) => curved(value / white[i]));
  const stored = (value: number, low: number, span: number): number => Math.round(Math.min(65_535, Math.max(0, (value - low) / span * 65_535)));
  return [stored(116 * fy - 16, 0, 100), stored(500 * (fx - fy), -128, 255), stored(200 * (fy - fz), -128, 255)];
}
