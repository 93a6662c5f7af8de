import { zlibSync } from "fflate";
import { describe, expect, it } from "vitest";
import { planSeries, type SliceGeometry } from "../../../core/checks/series.ts";
import { voxelVolumeMm3, type Grid } from "../../../core/space/grid.ts";
import { cos, sin } from "../../../core/space/math.ts";
import { placeMask, readMaskFile, type PlacedMask } from "../../../core/volume/maskFile.ts";
import { element, joined, sequence } from "../../workers/import/dicomWriter.ts";
import { encapsulatedFrames } from "../../workers/import/packedSlice.ts";

const columns = 44, rows = 40, pixel = [0.9, 0.8] as const, radius = 9;
type Point = readonly [number, number, number];
/** A stack as a scanner makes it, LPS: slices at `along` mm with rows and columns turned by `turn` about x and then by `twist` about z, moved by `shear` mm of y a mm of z. */
function stack(along: readonly number[], turn: number, shear: number, twist = 0): SliceGeometry[] {
  const c = cos(turn), s = sin(turn), ct = cos(twist), st = sin(twist);
  return along.map((mm): SliceGeometry => ({ columns, rows, position: [-20 + st * s * mm, -16 + shear * mm - ct * s * mm, 30 + c * mm], orientation: [ct, st, 0, -st * c, ct * c, s], pixelSpacing: [pixel[1], pixel[0]] }));
}
const grids = (slices: SliceGeometry[]): Grid => { const made = planSeries(slices, { useRegularPart: false, maxVoxels: 1e8 }); if (!made.ok) throw new Error(made.refusal.message); return made.plan.grid; };
const lpsOf = ({ position, orientation: o }: SliceGeometry, i: number, j: number): Point => [0, 1, 2].map((axis) => position[axis] + o[axis] * i * pixel[0] + o[3 + axis] * j * pixel[1]) as unknown as Point;
/** A ball about the middle of the stack, drawn slice by slice on the original pixels. */
function ball(slices: SliceGeometry[]): { centre: Point; frames: Uint8Array[] } {
  const middle = slices[Math.floor(slices.length / 2)], centre = lpsOf(middle, 21, 19);
  return { centre, frames: slices.map((slice) => Uint8Array.from({ length: columns * rows }, (_, at) => {
    const p = lpsOf(slice, at % columns, Math.floor(at / columns)), [x, y, z] = p.map((n, axis) => n - centre[axis]);
    return x * x + y * y + z * z <= radius * radius ? 1 : 0;
  })) };
}

type Form = "bits" | "bytes" | "rle" | "deflated";
/** One segment of a SEG on frames of these slices, those without a voxel left out, as writers do. */
function seg(slices: SliceGeometry[], frames: Uint8Array[], form: Form): Uint8Array {
  const used = slices.flatMap((slice, k) => frames[k].some((v) => v === 1) ? [{ slice, frame: frames[k] }] : []).reverse(), isBits = form === "bits" || form === "deflated";
  const text = (values: readonly number[]) => values.map((n) => Number(n.toFixed(9)).toString().slice(0, 16)).join("\\"), u16 = (n: number) => Uint8Array.of(n & 255, n >> 8);
  const packed = (parts: Uint8Array[]) => { const all = joined(parts), made = new Uint8Array(Math.ceil(all.length / 8)); all.forEach((v, at) => { made[at >> 3] |= v << (at & 7); }); return made; };
  const whole = isBits ? packed(used.map(({ frame }) => frame)) : joined(used.map(({ frame }) => frame.map((v) => 255 * v)));
  const plain = joined([
    new Uint8Array(128), new TextEncoder().encode("DICM"), element(2, 0x10, "UI", "1.2.840.10008.1.2.1"), element(8, 5, "CS", "ISO_IR 100"), element(8, 0x16, "UI", "1.2.840.10008.5.1.4.1.1.66.4"), element(8, 0x18, "UI", "1.2.3.9"), element(8, 0x60, "CS", "SEG"), element(0x20, 0x0e, "UI", "1.2.8"),
    element(0x28, 2, "US", 1), element(0x28, 4, "CS", "MONOCHROME2"), element(0x28, 8, "IS", String(used.length)), element(0x28, 0x10, "US", rows), element(0x28, 0x11, "US", columns), element(0x28, 0x100, "US", isBits ? 1 : 8), element(0x28, 0x101, "US", isBits ? 1 : 8), element(0x28, 0x102, "US", isBits ? 0 : 7), element(0x28, 0x103, "US", 0),
    element(0x62, 1, "CS", isBits ? "BINARY" : "FRACTIONAL"), sequence(0x62, 2, [[element(0x62, 4, "US", u16(1)), element(0x62, 5, "LO", Uint8Array.from("Schädel", (c) => c.charCodeAt(0)))]]), element(0x62, 0x0e, "US", u16(255)),
    sequence(0x5200, 0x9229, [[sequence(0x20, 0x9116, [[element(0x20, 0x37, "DS", text(slices[0].orientation))]]), sequence(0x28, 0x9110, [[element(0x18, 0x50, "DS", "2"), element(0x28, 0x30, "DS", text([...slices[0].pixelSpacing]))]])]]),
    sequence(0x5200, 0x9230, used.map(({ slice }) => [sequence(0x20, 0x9113, [[element(0x20, 0x32, "DS", text(slice.position))]]), sequence(0x62, 0x0a, [[element(0x62, 0x0b, "US", u16(1))]])])),
    element(0x7fe0, 0x10, "OW", whole),
  ]);
  if (form === "bits" || form === "bytes") return plain;
  return encapsulatedFrames(plain, form === "rle" ? "1.2.840.10008.1.2.5" : "1.2.840.10008.1.2.8.1", used.map(({ frame }) => form === "rle" ? rleOf(frame.map((v) => 255 * v)) : zlibSync(packed([frame])).slice(2, -4)), { hasTable: true, fragments: 1 });
}
/** One RLE segment of replicated runs. */
function rleOf(frame: Uint8Array): Uint8Array {
  const head = new Uint8Array(64), made: number[] = [];
  new DataView(head.buffer).setUint32(0, 1, true);
  new DataView(head.buffer).setUint32(4, 64, true);
  for (let at = 0; at < frame.length;) {
    let run = 1;
    while (run < 128 && at + run < frame.length && frame[at + run] === frame[at]) run++;
    if (run === 1) made.push(0, frame[at]); else made.push(257 - run, frame[at]);
    at += run;
  }
  return joined([head, Uint8Array.from(made)]);
}

/** What the ball is on the case's grid, against its own measures and the stack's slabs, worked out in the test's own way. */
function check(placed: PlacedMask, grid: Grid, slices: SliceGeometry[], frames: Uint8Array[], centre: Point): void {
  const [nx, ny, nz] = grid.dims, o = slices[0].orientation, normal = [o[1] * o[5] - o[2] * o[4], o[2] * o[3] - o[0] * o[5], o[0] * o[4] - o[1] * o[3]], dot = (a: readonly number[], b: readonly number[]) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
  const at = slices.map(({ position }) => dot(position, normal)), sum = [0, 0, 0];
  let wrong = 0, voxels = 0;
  for (let z = 0, to = 0; z < nz; z++) for (let y = 0; y < ny; y++) for (let x = 0; x < nx; x++, to++) {
    const p = [0 - grid.origin[0] - x * grid.spacing[0], 0 - grid.origin[1] - y * grid.spacing[1], grid.origin[2] + z * grid.spacing[2]], along = dot(p, normal);
    let k = 0;
    for (let other = 1; other < at.length; other++) if (Math.abs(at[other] - along) < Math.abs(at[k] - along)) k = other;
    const q = p.map((n, axis) => n - slices[k].position[axis]), i = Math.round(dot(q, o.slice(0, 3)) / pixel[0]), j = Math.round(dot(q, o.slice(3)) / pixel[1]);
    const wanted = i >= 0 && j >= 0 && i < columns && j < rows ? frames[k][i + columns * j] : 0;
    if (wanted !== placed.labels[to]) wrong++;
    if (placed.labels[to] === 1) { voxels++; p.forEach((n, axis) => { sum[axis] += n; }); }
  }
  // Ties between two neighbours may fall either way.
  expect(wrong).toBeLessThanOrEqual(Math.ceil(voxels / 200));
  expect(placed.voxels).toBe(voxels);
  sum.forEach((n, axis) => expect(Math.abs(n / voxels - centre[axis])).toBeLessThan(0.15));
  const drawn = frames.reduce((n, frame) => n + frame.reduce((a, v) => a + v, 0), 0);
  expect(placed.before.voxels).toBe(drawn);
  expect(placed.millilitres).toBeCloseTo(voxels * voxelVolumeMm3(grid) / 1000, 9);
  expect(Math.abs(placed.millilitres / placed.before.millilitres - 1)).toBeLessThan(0.01);
  expect([placed.isSameGrid, placed.outside]).toEqual([false, 0]);
}

const even = Array.from({ length: 24 }, (_, k) => 1.5 * k);
const stacks: [string, SliceGeometry[]][] = [
  ["a tilted gantry: slices sheared against their normal", stack(even, 0, 0.24)], ["tilted slices along their normal", stack(even, 0.31, 0)], ["turned and sheared the other way", stack(even, -0.2, -0.12)], ["turned about two axes", stack(even, 0.17, 0.1, 0.23)],
];

describe("IM4: a mask drawn on a tilted original", () => {
  it.each(stacks)("%s: its SEG and its labelmap lie at their place in the case, the same volume", (_, slices) => {
    const grid = grids(slices), { centre, frames } = ball(slices);
    const [mask] = readMaskFile(seg(slices, frames, "bits"), 1e7), placed = placeMask(mask, grid);
    expect(mask.name).toBe("Schädel");
    check(placed, grid, slices, frames, centre);
    // The same as a labelmap with the affine of the original.
    const [a, b] = slices, o = a.orientation, signs = [-1, -1, 1], affine = [0, 1, 2].map((axis) => [o[axis] * pixel[0], o[3 + axis] * pixel[1], b.position[axis] - a.position[axis], a.position[axis]].map((n) => signs[axis] * n));
    const map = placeMask({ value: 1, name: "map", inside: 1, labels: { version: 1, dims: [columns, rows, slices.length], datatype: 2, data: joined(frames), affine: [...affine, [0, 0, 0, 1]], slope: 1, intercept: 0, orientation: "sform", hasUnits: true } }, grid);
    check(map, grid, slices, frames, centre);
    expect(map.labels.reduce((n, value, at) => n + (value === placed.labels[at] ? 0 : 1), 0)).toBeLessThanOrEqual(Math.ceil(placed.voxels / 200));
    // Farther than half a voxel of the file nothing is taken from.
    expect(map.farthestMm).toBeLessThanOrEqual(Math.sqrt(0.45 ** 2 + 0.4 ** 2 + 0.75 ** 2) + 1e-6);
  });

  it("of compressed ones, RLE and deflated frames are read to the same voxels; another way is refused by name", () => {
    const [, slices] = stacks[0], { frames } = ball(slices), grid = grids(slices), wanted = placeMask(readMaskFile(seg(slices, frames, "bits"), 1e7)[0], grid).labels;
    for (const form of ["bytes", "rle", "deflated"] as const) expect([form, placeMask(readMaskFile(seg(slices, frames, form), 1e7)[0], grid).labels.every((value, at) => value === wanted[at])]).toEqual([form, true]);
    const other = new TextDecoder("latin1").decode(seg(slices, frames, "rle")).replace("1.2.840.10008.1.2.5\0", "1.2.840.10008.1.2.9\0");
    expect(() => readMaskFile(Uint8Array.from(other, (c) => c.charCodeAt(0)), 1e7)).toThrow(/compressed in a way that is not read here/);
    const cut = seg(slices, frames, "rle");
    cut.fill(0x7f, cut.length - 60, cut.length - 12);
    expect(() => placeMask(readMaskFile(cut, 1e7)[0], grid)).toThrow(/one of its frames is broken/);
  });

  it("on the uneven end of a series each frame stands at its own place: the last slice as the import places it", () => {
    // As the real head: the last gap is 1.0 instead of 1.5.
    const slices = stack([...even.slice(0, 20), 29.5], 0, 0), grid = grids(slices), frames = slices.map((_, k) => Uint8Array.from({ length: columns * rows }, (__, at) => at % columns > 4 && at % columns < 9 && k >= 16 ? 1 : 0));
    const placed = placeMask(readMaskFile(seg(slices, frames, "bits"), 1e7)[0], grid), perPlane = Array.from({ length: grid.dims[2] }, (_, z) => placed.labels.subarray(z * columns * rows, (z + 1) * columns * rows).reduce((n, v) => n + v, 0));
    expect(perPlane).toEqual(perPlane.map((_, z) => z < 16 ? 0 : 4 * rows));
    expect(grid.dims[2]).toBe(21);
    expect(placed.before.voxels).toBe(5 * 4 * rows);
  });
});
