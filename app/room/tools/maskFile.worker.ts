import type { BrickRuns } from "../../../core/mask/brickRuns.ts";
import { threshold } from "../../../core/mask/rasterize.ts";
import type { Grid } from "../../../core/space/grid.ts";
import { placeMask, readMaskFile, type PlacedMask } from "../../../core/volume/maskFile.ts";

/** What the page asks: which masks a file holds, on this case's voxels. */
export interface MaskFileQuestion { file: File; grid: Grid }
/** A mask as strokes are made of it. */
export type FileMask = Omit<PlacedMask, "labels"> & { bricks: BrickRuns[] };
export type MaskFileReply = { masks: FileMask[] } | { problem: string };

const maxVoxels = 2 ** 28;

addEventListener("message", ({ data: { file, grid } }: MessageEvent<MaskFileQuestion>) => {
  const read = async (): Promise<MaskFileReply> => {
    const found = readMaskFile(new Uint8Array(await file.arrayBuffer()), maxVoxels);
    if (found.length === 0) return { problem: "The file holds no mask: every voxel is 0." };
    return { masks: found.map((mask) => { const { labels, ...placed } = placeMask(mask, grid); return { ...placed, bricks: threshold(grid, labels, 1, 1) }; }) };
  };
  read().then((reply) => postMessage(reply), (error: unknown) => {
    const said = error instanceof Error ? error.message : "it cannot be read";
    postMessage({ problem: `${said[0].toUpperCase()}${said.slice(1)}${said.endsWith(".") || said.endsWith("?") ? "" : "."} Nothing was changed.` } satisfies MaskFileReply);
  });
});
