import { Unzip, UnzipInflate } from "fflate";
import { checkCount, checkIndices, MeshFault } from "../meshFault.ts";

// Limits of RELIABILITY H10.
const maxRatio = 100, maxParts = 200, maxDepth = 16, sliceBytes = 65_536, maxUnpackedBytes = 4e9;
/** A model is read as one text, and V8 holds none of 512 MiB. */
const maxModelMiB = 500;
/** Small entries may pack better than the ratio allows: an empty XML frame does. */
const freeBytes = 1 << 20;

/** 3 × 4, row-vector convention of 3MF: [m00 m01 m02 m10 … m32]. */
type Transform = readonly number[];
const identity: Transform = [1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0];

const unitsMm: Record<string, number> = { micron: 0.001, millimeter: 1, centimeter: 10, inch: 25.4, foot: 304.8, meter: 1000 };

/** The `.model` entries of the archive, by lower-case path without the leading slash. @throws MeshFault */
function modelsOf(bytes: Uint8Array): Map<string, string> {
  const models = new Map<string, string>();
  let entries = 0, unpacked = 0;
  // What a callback throws comes back as the unpacker's own error; the first fault is kept.
  let fault: MeshFault | undefined;
  const refuse = (message: string, code: "unsafe-archive" | "too-large" = "unsafe-archive"): never => { throw fault ??= new MeshFault(code, message); };
  const unzip = new Unzip((file) => {
    if (++entries > maxParts) refuse(`The archive has more than ${maxParts} entries.`);
    if (!file.name.toLowerCase().endsWith(".model")) return;
    const name = file.name.toLowerCase().replace(/^\//, ""), pieces: Uint8Array[] = [];
    let length = 0;
    file.ondata = (error, data, isLast) => {
      if (fault) throw fault;
      if (error) throw new MeshFault("truncated", `The archive's entry ${name} is broken: ${error.message}.`);
      unpacked += data.length;
      if (unpacked > freeBytes && (unpacked > maxRatio * bytes.length || unpacked > maxUnpackedBytes)) refuse(`The archive unpacks to more than ${maxRatio} times its size; it is refused.`);
      length += data.length;
      if (length > maxModelMiB * 1024 * 1024) refuse(`The archive's entry ${name} is more than ${maxModelMiB} MiB of text, which is more than is read. Simplify the mesh, or give it as STL.`, "too-large");
      pieces.push(data.slice());
      if (!isLast) return;
      const whole = new Uint8Array(length);
      let at = 0;
      for (const piece of pieces) { whole.set(piece, at); at += piece.length; }
      models.set(name, new TextDecoder("utf-8", { fatal: true }).decode(whole));
    };
    file.start();
  });
  unzip.register(UnzipInflate);
  try {
    for (let from = 0; from < bytes.length; from += sliceBytes) unzip.push(bytes.subarray(from, from + sliceBytes), from + sliceBytes >= bytes.length);
  } catch (error) {
    if (fault) throw fault;
    if (error instanceof MeshFault) throw error;
    throw new MeshFault("truncated", `The archive is broken or cut off: ${error instanceof Error ? error.message : "unreadable"}.`);
  }
  if (models.size === 0) throw new MeshFault("not-a-mesh", "The archive holds no 3D model (no .model entry that ends properly).");
  return models;
}

interface Component { objectId: string; path?: string; transform: Transform }
interface ModelObject { positions: number[]; triangles: number[]; components: Component[] }
interface Model { scaleMm: number; objects: Map<string, ModelObject>; items: Component[] }

const attribute = (tag: string, name: string): string | undefined => {
  const match = new RegExp(`[\\s:]${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)')`).exec(tag);
  return match ? match[1] ?? match[2] : undefined;
};

function transformOf(tag: string): Transform {
  const text = attribute(tag, "transform");
  if (text === undefined) return identity;
  const numbers = text.trim().split(/\s+/).map(Number);
  if (numbers.length !== 12 || numbers.some((n) => !Number.isFinite(n))) throw new MeshFault("not-a-mesh", `A transform is twelve numbers, not «${text.slice(0, 80)}».`);
  return numbers;
}

/** Scans the tags of one model part; text and unknown tags are passed over. @throws MeshFault */
function parse(xml: string, path: string): Model {
  if (/<!(?:DOCTYPE|ENTITY)/i.test(xml)) throw new MeshFault("unsafe-archive", `${path} declares a document type; that is refused.`);
  const result: Model = { scaleMm: 1, objects: new Map(), items: [] };
  let open: ModelObject | undefined, depth = 0;
  const tags = /<!--[\s\S]*?-->|<(\/?)(?:[\w.-]+:)?([\w.-]+)((?:\s+[\w.:-]+\s*=\s*(?:"[^"]*"|'[^']*'))*)\s*(\/?)>/g;
  for (let match = tags.exec(xml); match; match = tags.exec(xml)) {
    const [, closing, name, attributes, selfClosing] = match;
    if (name === undefined) continue;
    if (closing) { depth--; if (name === "object") open = undefined; continue; }
    if (!selfClosing && ++depth > 64) throw new MeshFault("unsafe-archive", `${path} nests its elements deeper than 64.`);
    switch (name) {
      case "model": {
        const unit = attribute(attributes, "unit") ?? "millimeter";
        if (!Object.hasOwn(unitsMm, unit)) throw new MeshFault("unsupported", `${path} names the unit «${unit}», which 3MF does not know.`);
        result.scaleMm = unitsMm[unit];
        break;
      }
      case "object": {
        const id = attribute(attributes, "id") ?? "";
        open = { positions: [], triangles: [], components: [] };
        if (result.objects.has(id)) throw new MeshFault("not-a-mesh", `${path} has two objects ${id}.`);
        result.objects.set(id, open);
        break;
      }
      case "vertex": open?.positions.push(Number(attribute(attributes, "x")), Number(attribute(attributes, "y")), Number(attribute(attributes, "z"))); break;
      case "triangle": open?.triangles.push(Number(attribute(attributes, "v1")), Number(attribute(attributes, "v2")), Number(attribute(attributes, "v3"))); break;
      case "component": open?.components.push({ objectId: attribute(attributes, "objectid") ?? "", path: attribute(attributes, "path"), transform: transformOf(attributes) }); break;
      case "item": result.items.push({ objectId: attribute(attributes, "objectid") ?? "", path: attribute(attributes, "path"), transform: transformOf(attributes) }); break;
      default:
    }
  }
  return result;
}

/** `inner` first, then `outer`. */
function chained(inner: Transform, outer: Transform): Transform {
  const out: number[] = [];
  for (let r = 0; r < 4; r++) for (let c = 0; c < 3; c++) {
    out.push(inner[3 * r] * outer[c] + inner[3 * r + 1] * outer[3 + c] + inner[3 * r + 2] * outer[6 + c] + (r === 3 ? outer[9 + c] : 0));
  }
  return out;
}

/**
 * Reads what a 3MF builds, in the file's axes and in mm (3MF names its unit): items, components to a depth of 16, also in
 * other parts of the archive (`p:path`), each with its transform. A mirroring transform turns its triangles round.
 * @throws MeshFault
 */
export function decodeThreeMf(bytes: Uint8Array): { positions: Float64Array; triangles: Uint32Array } {
  const texts = modelsOf(bytes), models = new Map<string, Model>();
  for (const [path, xml] of texts) models.set(path, parse(xml, path));
  const root = texts.has("3d/3dmodel.model") ? "3d/3dmodel.model" : [...texts.keys()].sort()[0];
  const positions: number[] = [], triangles: number[] = [];
  const place = (path: string, objectId: string, transform: Transform, depth: number, chain: readonly string[]): void => {
    const at = models.get(path), object = at?.objects.get(objectId);
    if (!at || !object) throw new MeshFault("not-a-mesh", `Object ${objectId} of ${path} is not in the archive.`);
    const key = `${path}#${objectId}`;
    if (depth > maxDepth) throw new MeshFault("unsafe-archive", `Components nest deeper than ${maxDepth}.`);
    if (chain.includes(key)) throw new MeshFault("unsafe-archive", `Object ${objectId} of ${path} contains itself.`);
    checkIndices(object.triangles, object.positions.length / 3);
    checkCount((triangles.length + object.triangles.length) / 3);
    const first = positions.length / 3, m = transform;
    for (let v = 0; v < object.positions.length; v += 3) {
      const [x, y, z] = [0, 1, 2].map((i) => object.positions[v + i]);
      for (let c = 0; c < 3; c++) positions.push((x * m[c] + y * m[3 + c] + z * m[6 + c] + m[9 + c]) * models.get(root)!.scaleMm);
    }
    const isMirrored = m[0] * (m[4] * m[8] - m[5] * m[7]) - m[1] * (m[3] * m[8] - m[5] * m[6]) + m[2] * (m[3] * m[7] - m[4] * m[6]) < 0;
    for (let t = 0; t < object.triangles.length; t += 3) {
      const [a, b, c] = [0, 1, 2].map((i) => first + object.triangles[t + i]);
      triangles.push(a, isMirrored ? c : b, isMirrored ? b : c);
    }
    for (const component of object.components) {
      place(component.path?.toLowerCase().replace(/^\//, "") ?? path, component.objectId, chained(component.transform, transform), depth + 1, [...chain, key]);
    }
  };
  let placed = 0;
  for (const { objectId, path, transform } of models.get(root)!.items) {
    if (++placed > maxParts) throw new MeshFault("unsafe-archive", `The model builds more than ${maxParts} parts.`);
    place(path?.toLowerCase().replace(/^\//, "") ?? root, objectId, transform, 0, []);
  }
  return { positions: Float64Array.from(positions), triangles: Uint32Array.from(triangles) };
}
