import type { Labelmap } from "../mask/labelmap.ts";
import type { Grid } from "../space/grid.ts";
import { type BitBox, bitBoxOf } from "./bitBox.ts";
import { interpolate, type IsoVolume } from "./interpolate.ts";
import type { Mesh } from "./mesh.ts";
import { netsEngine } from "./netsKernel.ts";
import { unitsPerVoxel } from "./netsTable.ts";
import { type Margins, type Nets, type NetsEngine, NetsTwin } from "./netsTwin.ts";

/** How a surface is made from the mask. */
export interface SurfaceOptions {
  /** 0 (voxel corners cut, nothing smoothed) to 1; passes of the relaxation are 12 × smooth. Default 0. */
  smooth?: number;
  /** Where given, vertices follow this HU value wherever the mask's boundary does. */
  volume?: IsoVolume;
  /** Which mesher; default the fastest there is. */
  engine?: NetsEngine;
}

/** Smoothing of the surface that the rooms show and export: no voxel steps, volume of a head within 1 %. */
export const defaultSmooth = 0.5;

/** Passes of the relaxation for `smooth` 0…1. @throws RangeError outside */
export function passesOf(smooth: number): number {
  if (!(smooth >= 0 && smooth <= 1)) throw new RangeError(`smooth is a number from 0 to 1, not ${smooth}`);
  return Math.round(12 * smooth);
}

/** Units that vertices keep from their box's sides: two boxes' vertices then lie ≥ 1e-3 mm apart, float32 rounding included. */
export const marginsOf = ({ spacing }: Grid): Margins => {
  const of = (mm: number): number => Math.min(unitsPerVoxel / 8, Math.ceil((6e-4 * unitsPerVoxel) / mm));
  return [of(spacing[0]), of(spacing[1]), of(spacing[2])];
};

/** Positions in RAS mm and triangles of a net. */
export function meshOfNets({ vertexCount, quadCount, places, quads }: Nets, { first }: Pick<BitBox, "first">, { origin, spacing }: Grid): Mesh {
  const positions = new Float32Array(3 * vertexCount), triangles = new Uint32Array(6 * quadCount);
  const [ox, oy, oz] = origin, [sx, sy, sz] = spacing, [fx, fy, fz] = first;
  for (let v = 0, at = 0; v < positions.length; v += 3, at += 4) {
    positions[v] = ox + sx * (fx + places[at] / unitsPerVoxel);
    positions[v + 1] = oy + sy * (fy + places[at + 1] / unitsPerVoxel);
    positions[v + 2] = oz + sz * (fz + places[at + 2] / unitsPerVoxel);
  }
  for (let t = 0, q = 0; t < triangles.length; t += 6, q += 4) {
    triangles[t] = quads[q]; triangles[t + 1] = quads[q + 1]; triangles[t + 2] = quads[q + 2];
    triangles[t + 3] = quads[q]; triangles[t + 4] = quads[q + 2]; triangles[t + 5] = quads[q + 3];
  }
  return { positions, triangles };
}

/** The surface of a box of bits that has an empty layer on every side. */
export function surfaceOfBits(box: BitBox | null, grid: Grid, { smooth = 0, volume, engine = netsEngine() }: SurfaceOptions = {}): Mesh {
  const passes = passesOf(smooth);
  if (!box) return { positions: new Float32Array(0), triangles: new Uint32Array(0) };
  const margins = marginsOf(grid);
  let mesher = engine, nets;
  try {
    nets = mesher.netsOf(box, margins);
  } catch (error) {
    // A kernel's memory is bounded; the twin's is the machine's.
    if (!(error instanceof RangeError)) throw error;
    mesher = new NetsTwin();
    nets = mesher.netsOf(box, margins);
  }
  if (volume) interpolate(nets, box, grid, volume, margins);
  if (passes > 0) mesher.relax(nets, passes, margins);
  return meshOfNets(nets, box, grid);
}

/**
 * The closed surface of one label value, in RAS mm: Surface Nets (Gibson 1998) with one vertex for each sheet of the
 * surface in a cell of eight voxels, at the mean of its crossings. Where two cells that share a checkerboard face would
 * both join its two arcs, the face is turned (Wenger 2013, «manifold dual contouring»), so that every edge has exactly
 * two triangles and every vertex one fan. No vertex leaves its cell: smoothing moves the boundary by at most half a
 * voxel an axis. An empty segment gives an empty mesh.
 */
export function surfaceOf(labelmap: Labelmap, value: number, options: SurfaceOptions = {}): Mesh {
  return surfaceOfBits(bitBoxOf(labelmap, value), labelmap.grid, options);
}
