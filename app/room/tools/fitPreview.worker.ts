// The live map of the fit: keeps a band of distances round each plate, so that the next plate on the same bone is told at once.
import { LiveFit } from "../../../core/checks/fitPreview.ts";
import { boneInBox } from "../../../core/implant/boneRound.ts";
import type { Grid } from "../../../core/space/grid.ts";

/** What the page asks: `bone` where it is another than before, then the plate's vertices (RAS mm). `id` names the implant, `key` the plate. */
export interface FitQuestion { id: string; key: string; bone: { grid: Grid; labels: Uint8Array; value: number } | null; positions: Float32Array; bandMm: number }
/** Gap in mm at each vertex: a preview. */
export interface FitReply { id: string; key: string; gapMm: Float32Array }

const fits = new Map<string, LiveFit>();

addEventListener("message", ({ data: { id, key, bone, positions, bandMm } }: MessageEvent<FitQuestion>) => {
  if (bone) fits.set(id, new LiveFit(boneInBox(bone.grid, bone.labels, bone.value, { first: [0, 0, 0], last: bone.grid.dims.map((n) => n - 1) })));
  const fit = fits.get(id);
  // The page begins anew with another worker, and sends the bone again.
  if (!fit) throw new Error("the bone of this plate never came");
  const gapMm = fit.gapsAt(positions, bandMm), reply: FitReply = { id, key, gapMm };
  postMessage(reply, { transfer: [gapMm.buffer] });
});
