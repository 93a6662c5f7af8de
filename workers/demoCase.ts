import { gzipSync } from "fflate";
import * as Y from "yjs";
import { blobStroke, followMasks, MaskAuthor } from "../core/draft/masksDoc.ts";
import { MaskFold } from "../core/mask/maskFold.ts";
import { threshold } from "../core/mask/rasterize.ts";
import { headCt } from "../core/phantom/headCt.ts";
import { coarseVolume } from "../core/volume/coarse.ts";
import { encodeNifti } from "../core/volume/nifti.ts";
import { affineOf } from "../core/space/grid.ts";
import type { Blobs } from "../server/platform/blobs.ts";
import type { Db } from "../server/platform/db.ts";
import { isDemoCaseMissing, recordDemoCase } from "../server/record/imports.ts";

/** The Yjs client id under which the demo's bone was drawn. */
const demoClientId = 20261123;
/** HU from which the demo's bone is bone (DOMAIN §2), which its surface follows. */
const boneHu = 226;

/** Makes the demo case from a fixed seed, so that the product shows itself without anyone's patient. */
export async function makeDemoCase(db: Db, blobs: Blobs): Promise<void> {
  if (!await isDemoCaseMissing(db)) return;
  const { grid, hu } = headCt(20261123);
  const volumeHash = await blobs.put(gzipSync(encodeNifti({ grid, data: hu }), { level: 1, mtime: 0 }));
  // Bone at the preset's threshold, in the first segment: who opens the case sees a surface at once.
  const doc = new Y.Doc();
  doc.clientID = demoClientId;
  const fold = new MaskFold(grid);
  followMasks(doc, fold)();
  const { bytes, content } = blobStroke(grid, threshold(grid, hu, boneHu, 3071));
  new MaskAuthor(doc, fold).drawBlob(1, content(await blobs.put(bytes)));
  const coarse = coarseVolume(grid, hu), coarseHash = await blobs.put(gzipSync(encodeNifti({ grid: coarse.grid, data: coarse.hu }), { level: 6, mtime: 0 }));
  await recordDemoCase(db, {
    volumeHash, coarseHash, grid,
    report: { series: [], findings: [], grid: { dims: grid.dims, spacing: grid.spacing, affine: affineOf(grid) }, provenance: { source: "synthetic head, made from a seed" } },
  }, { update: Y.encodeStateAsUpdate(doc), clientId: demoClientId, iso: boneHu });
}
