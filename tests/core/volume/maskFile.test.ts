import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { threshold } from "../../../core/mask/rasterize.ts";
import { runVoxels } from "../../../core/mask/brickRuns.ts";
import { planSeries } from "../../../core/checks/series.ts";
import { describeImage } from "../../../core/volume/dicom/image.ts";
import { readDicom } from "../../../core/volume/dicom/reader.ts";
import { placeMask, readMaskFile } from "../../../core/volume/maskFile.ts";
import { encodeNifti } from "../../../core/volume/nifti.ts";

const data = resolve("../shared/data/seg_and_rt"), most = 1e8;
if (!existsSync(data)) console.log(`not run: ${data} is not there`);
const bytesOf = (path: string) => new Uint8Array(readFileSync(join(data, path)));
/** The grid of the CT in a folder, as the import makes it. */
function gridOf(folder: string, names: string[]) {
  const slices = names.map((name) => { const image = describeImage(readDicom(bytesOf(join(folder, name)))); if (!image) throw new Error(name); return { columns: image.columns, rows: image.rows, ...image.frames[0] }; });
  const made = planSeries(slices, { useRegularPart: false, maxVoxels: most });
  if (!made.ok) throw new Error(made.refusal.message);
  return made.plan.grid;
}

describe.runIf(existsSync(data))("masks of files onto a case", () => {
  it("SP1, IM4: a DICOM SEG and the NRRD of the same label land on the same voxels of its CT, name and all", () => {
    const grid = gridOf("dcmqi_23x38x3/image", readdirSync(join(data, "dcmqi_23x38x3/image"))), seg = readMaskFile(bytesOf("dcmqi_23x38x3/seg/label.seg"), most), nrrd = readMaskFile(bytesOf("dcmqi_23x38x3/nrrd/label.nrrd"), most);
    expect(seg).toHaveLength(nrrd.length);
    for (const [i, one] of seg.entries()) {
      const a = placeMask(one, grid), b = placeMask(nrrd[i], grid);
      expect(one.name).not.toBe("");
      expect([a.isSameGrid, a.outside, a.voxels]).toEqual([true, 0, b.voxels]);
      expect(Buffer.compare(Buffer.from(a.labels.buffer), Buffer.from(b.labels.buffer))).toBe(0);
      expect(runVoxels(threshold(grid, a.labels, 1, 1))).toBe(a.voxels);
    }
  });

  it("the liver's SEG and its NRRD agree on the real slices", () => {
    const grid = gridOf("ct_3slice_liver_seg", ["01.dcm", "02.dcm", "03.dcm"]), [seg] = readMaskFile(bytesOf("ct_3slice_liver_seg/liver.dcm"), most), [nrrd] = readMaskFile(bytesOf("ct_3slice_liver_seg/liver_seg.nrrd"), most);
    const a = placeMask(seg, grid), b = placeMask(nrrd, grid);
    expect(seg.name.toLowerCase()).toContain("liver");
    expect(a.voxels).toBeGreaterThan(1000);
    expect(Buffer.compare(Buffer.from(a.labels.buffer), Buffer.from(b.labels.buffer))).toBe(0);
  });

  it("overlapping segments stay whole, each by itself", () => {
    const segments = readMaskFile(bytesOf("partial_overlaps.dcm"), most);
    expect(segments).toHaveLength(5);
    const inside = segments.map(({ labels }) => (labels.data as Uint8Array).reduce((sum, v) => sum + v, 0));
    expect(inside.every((n) => n > 0)).toBe(true);
  });

  it("what is no mask is refused in words", () => {
    expect(() => readMaskFile(bytesOf("ct_3slice_liver_seg/01.dcm"), most)).toThrow(/no segmentation/);
    expect(() => readMaskFile(bytesOf("rtplan.dcm"), most)).toThrow(/no segmentation/);
    expect(() => readMaskFile(new Uint8Array(100), most)).toThrow(/holds no mask/);
  });
});

describe("geometry of a mask", () => {
  const grid = { dims: [6, 5, 4] as const, spacing: [1, 1, 2] as const, origin: [0, 0, 0] as const };
  const file = (own: typeof grid | { dims: readonly [number, number, number]; spacing: readonly [number, number, number]; origin: readonly [number, number, number] }, at: number[]) => {
    const labels = new Uint8Array(own.dims[0] * own.dims[1] * own.dims[2]);
    for (const i of at) labels[i] = 3;
    return readMaskFile(encodeNifti({ grid: own, data: labels }), most)[0];
  };
  it("IM4: same voxels, shifted ones and those outside are told apart", () => {
    expect(placeMask(file(grid, [7, 8]), grid)).toMatchObject({ value: 3, name: "Label 3", voxels: 2, outside: 0, isSameGrid: true });
    const shifted = placeMask(file({ ...grid, origin: [0.3, 0, 0] }, [7]), grid);
    expect(shifted.isSameGrid).toBe(false);
    expect(shifted.farthestMm).toBeCloseTo(0.3, 5);
    expect(placeMask(file({ ...grid, dims: [9, 5, 4] }, [0, 8]), grid)).toMatchObject({ voxels: 1, outside: 1, isSameGrid: true });
    expect(() => placeMask(file({ ...grid, origin: [100, 0, 0] }, [0]), grid)).toThrow(/another scan/);
    // Coarser by two: each voxel of the file covers 2 × 2 of the case's.
    expect(placeMask(file({ dims: [3, 3, 4], spacing: [2, 2, 2], origin: [0.5, 0.5, 0] }, [0]), grid).voxels).toBe(4);
  });
});
