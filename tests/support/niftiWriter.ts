export interface WrittenNifti { dims: number[]; affine: number[][]; values: number[]; type: number; bytes: number; isLittle?: boolean; version?: 1 | 2; slope?: number; quaternion?: number[] }
/** A NIfTI writer of the tests' own: any version, byte order, type and affine. */
export function writtenNifti({ dims, affine, values, type, bytes, isLittle = true, version = 1, slope = 0, quaternion }: WrittenNifti): Uint8Array {
  const start = version === 1 ? 352 : 544;
  const out = new Uint8Array(start + values.length * bytes), v = new DataView(out.buffer), le = isLittle;
  v.setInt32(0, version === 1 ? 348 : 540, le);
  out.set([0x6e, 0x2b, 0x30 + version, 0], version === 1 ? 344 : 4);
  const spacing = [0, 1, 2].map((c) => Math.hypot(affine[0][c], affine[1][c], affine[2][c]));
  [3, ...dims, 1].forEach((n, i) => version === 1 ? v.setInt16(40 + 2 * i, n, le) : v.setBigInt64(16 + 8 * i, BigInt(n), le));
  const real = (at1: number, at2: number, x: number) => version === 1 ? v.setFloat32(at1, x, le) : v.setFloat64(at2, x, le);
  [1, ...spacing].forEach((x, i) => real(76 + 4 * i, 104 + 8 * i, x));
  v.setInt16(version === 1 ? 70 : 12, type, le);
  if (version === 1) { v.setFloat32(108, start, le); v.setUint8(123, 2); } else { v.setBigInt64(168, BigInt(start), le); v.setInt32(500, 2, le); }
  real(112, 176, slope);
  if (quaternion) {
    if (version === 1) v.setInt16(252, 1, le); else v.setInt32(344, 1, le);
    [...quaternion, affine[0][3], affine[1][3], affine[2][3]].forEach((x, i) => real(256 + 4 * i, 352 + 8 * i, x));
  } else {
    if (version === 1) v.setInt16(254, 1, le); else v.setInt32(348, 1, le);
    for (let r = 0; r < 3; r++) for (let c = 0; c < 4; c++) real(280 + 16 * r + 4 * c, 400 + 32 * r + 8 * c, affine[r][c]);
  }
  values.forEach((x, i) => {
    const at = start + i * bytes;
    if (type === 2 || type === 256) v.setInt8(at, x);
    else if (type === 4 || type === 512) v.setInt16(at, x, le);
    else if (type === 8 || type === 768) v.setInt32(at, x, le);
    else if (type === 16) v.setFloat32(at, x, le);
    else if (type === 64) v.setFloat64(at, x, le);
    else v.setBigInt64(at, BigInt(x), le);
  });
  return out;
}
