/** Voxels of a file; 64-bit integers become doubles. */
export type NiftiData = Uint8Array | Int8Array | Uint16Array | Int16Array | Uint32Array | Int32Array | Float32Array | Float64Array;

/** How one NIfTI datatype is read. */
export interface NiftiType {
  bytes: number;
  array: (length: number) => NiftiData;
  read: (view: DataView, at: number, isLittle: boolean) => number;
}

/** Every integer and real type of the format that JavaScript can hold, by NIfTI's code. */
export const niftiTypes: ReadonlyMap<number, NiftiType> = new Map<number, NiftiType>([
  [2, { bytes: 1, array: (n) => new Uint8Array(n), read: (v, at) => v.getUint8(at) }],
  [4, { bytes: 2, array: (n) => new Int16Array(n), read: (v, at, le) => v.getInt16(at, le) }],
  [8, { bytes: 4, array: (n) => new Int32Array(n), read: (v, at, le) => v.getInt32(at, le) }],
  [16, { bytes: 4, array: (n) => new Float32Array(n), read: (v, at, le) => v.getFloat32(at, le) }],
  [64, { bytes: 8, array: (n) => new Float64Array(n), read: (v, at, le) => v.getFloat64(at, le) }],
  [256, { bytes: 1, array: (n) => new Int8Array(n), read: (v, at) => v.getInt8(at) }],
  [512, { bytes: 2, array: (n) => new Uint16Array(n), read: (v, at, le) => v.getUint16(at, le) }],
  [768, { bytes: 4, array: (n) => new Uint32Array(n), read: (v, at, le) => v.getUint32(at, le) }],
  [1024, { bytes: 8, array: (n) => new Float64Array(n), read: (v, at, le) => Number(v.getBigInt64(at, le)) }],
  [1280, { bytes: 8, array: (n) => new Float64Array(n), read: (v, at, le) => Number(v.getBigUint64(at, le)) }],
]);

/** Reads `count` voxels from byte `offset` on; the range must lie inside the view. */
export function readVoxels(view: DataView, offset: number, count: number, type: NiftiType, isLittle: boolean): NiftiData {
  const data = type.array(count);
  if (data instanceof Uint8Array) {
    data.set(new Uint8Array(view.buffer as ArrayBuffer, view.byteOffset + offset, count));
    return data;
  }
  if (data instanceof Int16Array) {
    for (let i = 0, at = offset; i < count; i++, at += 2) data[i] = view.getInt16(at, isLittle);
    return data;
  }
  for (let i = 0, at = offset; i < count; i++, at += type.bytes) data[i] = type.read(view, at, isLittle);
  return data;
}
