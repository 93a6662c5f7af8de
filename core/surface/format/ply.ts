// PLY. SP2: this is the one file that knows PLY's axes: LPS mm, said in a comment.
import { checkCount, checkIndices, checkPositions, MeshFault } from "../meshFault.ts";
import type { Mesh } from "../mesh.ts";

/** One number a vertex, as check maps carry it. */
export interface VertexScalar { name: string; values: Float32Array }

/** Binary little-endian PLY, LPS mm. `scalar` becomes a float property of the vertices. */
export function encodePly({ positions, triangles }: Mesh, scalar?: VertexScalar): Uint8Array<ArrayBuffer> {
  const vertices = positions.length / 3, count = triangles.length / 3;
  if (scalar && (scalar.values.length !== vertices || !/^[A-Za-z]\w*$/.test(scalar.name))) throw new RangeError("a scalar has a plain name and one value a vertex");
  const head = new TextEncoder().encode([
    "ply", "format binary_little_endian 1.0", "comment Caseroom, units mm, SPACE=LPS (x to the left, y to the back, z up)",
    `element vertex ${vertices}`, "property float x", "property float y", "property float z", ...(scalar ? [`property float ${scalar.name}`] : []),
    `element face ${count}`, "property list uchar int vertex_indices", "end_header", "",
  ].join("\n"));
  const stride = scalar ? 16 : 12;
  const bytes = new Uint8Array(head.length + stride * vertices + 13 * count), view = new DataView(bytes.buffer);
  bytes.set(head);
  let at = head.length;
  for (let v = 0; v < vertices; v++, at += stride) {
    view.setFloat32(at, 0 - positions[3 * v], true);
    view.setFloat32(at + 4, 0 - positions[3 * v + 1], true);
    view.setFloat32(at + 8, positions[3 * v + 2], true);
    if (scalar) view.setFloat32(at + 12, scalar.values[v], true);
  }
  for (let t = 0; t < count; t++, at += 13) {
    bytes[at] = 3;
    for (let i = 0; i < 3; i++) view.setInt32(at + 1 + 4 * i, triangles[3 * t + i], true);
  }
  return bytes;
}

const sizes: Record<string, number> = { char: 1, uchar: 1, int8: 1, uint8: 1, short: 2, ushort: 2, int16: 2, uint16: 2, int: 4, uint: 4, int32: 4, uint32: 4, float: 4, float32: 4, double: 8, float64: 8 };

/** One property of an element; a list has a type for its length too. */
interface Property { name: string; type: string; lengthType?: string }
interface Element { name: string; count: number; properties: Property[] }

function header(bytes: Uint8Array): { format: string; elements: Element[]; at: number } {
  let end = -1;
  const mark = "end_header";
  for (let i = 0; i < Math.min(bytes.length, 65536) && end < 0; i++) {
    if (bytes[i] === 101 && mark.split("").every((c, k) => bytes[i + k] === c.charCodeAt(0))) end = i + mark.length;
  }
  if (end < 0) throw new MeshFault("not-a-mesh", "The PLY header does not end within 64 KiB.");
  const lines = new TextDecoder().decode(bytes.subarray(0, end)).split(/\r?\n/);
  let at = end;
  if (bytes[at] === 13) at++;
  if (bytes[at] === 10) at++;
  let format = "";
  const elements: Element[] = [];
  for (const line of lines) {
    const words = line.trim().split(/\s+/);
    if (words[0] === "format") format = words[1] ?? "";
    if (words[0] === "element") {
      const count = Number(words[2]);
      if (!Number.isSafeInteger(count) || count < 0) throw new MeshFault("count-mismatch", `The PLY header promises ${words[2]} of ${words[1]}.`);
      elements.push({ name: words[1], count, properties: [] });
    }
    if (words[0] === "property") {
      const property = words[1] === "list" ? { name: words[4], type: words[3], lengthType: words[2] } : { name: words[2], type: words[1] };
      if (!elements.length || !(property.type in sizes) || (property.lengthType !== undefined && !(property.lengthType in sizes))) throw new MeshFault("unsupported", `The PLY header's line «${line}» is not understood.`);
      elements[elements.length - 1].properties.push(property);
    }
  }
  return { format, elements, at };
}

/** Hands out the numbers of a PLY body one by one. */
function reader(bytes: Uint8Array, format: string, from: number): (type: string) => number {
  let at = from;
  if (format === "ascii") {
    return () => {
      while (at < bytes.length && bytes[at] <= 32) at++;
      const start = at;
      while (at < bytes.length && bytes[at] > 32) at++;
      if (start === at) throw new MeshFault("truncated", `The PLY file ends at byte ${bytes.length}, before what its header promises.`);
      return Number(String.fromCharCode(...bytes.subarray(start, Math.min(at, start + 64))));
    };
  }
  if (format !== "binary_little_endian" && format !== "binary_big_endian") throw new MeshFault("unsupported", `PLY format «${format}» is not known.`);
  const isLittle = format === "binary_little_endian", view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return (type) => {
    const size = sizes[type], here = at;
    if (at + size > bytes.length) throw new MeshFault("truncated", `The PLY file ends at byte ${bytes.length}, before what its header promises.`);
    at += size;
    if (type.startsWith("float") || type === "double") return size === 4 ? view.getFloat32(here, isLittle) : view.getFloat64(here, isLittle);
    const isUnsigned = type.startsWith("u");
    if (size === 1) return isUnsigned ? view.getUint8(here) : view.getInt8(here);
    if (size === 2) return isUnsigned ? view.getUint16(here, isLittle) : view.getInt16(here, isLittle);
    return isUnsigned ? view.getUint32(here, isLittle) : view.getInt32(here, isLittle);
  };
}

/**
 * Reads an ASCII or binary PLY's coordinates as they stand: no unit and no axes applied. Polygons become fans of triangles.
 * @throws MeshFault
 */
export function decodePly(bytes: Uint8Array): { positions: Float64Array; triangles: Uint32Array } {
  const { format, elements, at } = header(bytes), next = reader(bytes, format, at);
  // A binary element needs at least its fixed bytes, a text one two bytes a number: counts that lie are refused before memory is taken.
  for (const { name, count, properties } of elements) {
    const least = properties.reduce((sum, { type, lengthType }) => sum + (format === "ascii" ? 2 : sizes[lengthType ?? type]), 0);
    if (properties.length > 0 && count * least > bytes.length + 2) throw new MeshFault("count-mismatch", `The PLY header promises ${count} of ${name}; the file has only ${bytes.length} bytes.`);
  }
  let positions = new Float64Array(0);
  const triangles: number[] = [];
  for (const { name, count, properties } of elements) {
    if (name === "vertex") positions = new Float64Array(3 * count);
    if (name === "face") checkCount(count);
    for (let i = 0; i < count; i++) for (const { name: property, type, lengthType } of properties) {
      if (lengthType === undefined) {
        const value = next(type), axis = name === "vertex" ? ["x", "y", "z"].indexOf(property) : -1;
        if (axis >= 0) positions[3 * i + axis] = value;
        continue;
      }
      const length = next(lengthType);
      if (!(length >= 0 && length <= 65535)) throw new MeshFault("count-mismatch", `Face ${i} says it has ${length} corners.`);
      const isFace = name === "face" && (property === "vertex_indices" || property === "vertex_index");
      let first = 0, before = 0;
      for (let k = 0; k < length; k++) {
        const index = next(type);
        if (!isFace) continue;
        if (k === 0) first = index;
        if (k >= 2) triangles.push(first, before, index);
        before = index;
      }
    }
  }
  checkCount(triangles.length / 3);
  checkIndices(triangles, positions.length / 3);
  return { positions, triangles: Uint32Array.from(triangles) };
}

/** What `encodePly` wrote, back in RAS mm. @throws MeshFault */
export function decodePlyLps(bytes: Uint8Array): Mesh {
  const { positions, triangles } = decodePly(bytes);
  checkPositions(positions);
  return { positions: Float32Array.from(positions, (x, i) => (i % 3 === 2 ? x : 0 - x)), triangles };
}
