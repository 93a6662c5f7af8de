import { gzipSync } from "fflate";
import { headCt } from "../core/phantom/headCt.ts";
import { encodeNifti } from "../core/volume/nifti.ts";
import { affineOf } from "../core/space/grid.ts";
import type { Blobs } from "../server/platform/blobs.ts";
import type { Db } from "../server/platform/db.ts";
import { isDemoCaseMissing, recordDemoCase } from "../server/record/imports.ts";

/** Makes the demo case from a fixed seed, so that the product shows itself without anyone's patient. */
export async function makeDemoCase(db: Db, blobs: Blobs): Promise<void> {
  if (!await isDemoCaseMissing(db)) return;
  const { grid, hu } = headCt(20261123);
  const volumeHash = await blobs.put(gzipSync(encodeNifti({ grid, data: hu }), { level: 1, mtime: 0 }));
  await recordDemoCase(db, {
    volumeHash, grid,
    report: { series: [], findings: [], grid: { dims: grid.dims, spacing: grid.spacing, affine: affineOf(grid) }, provenance: { source: "synthetic head, made from a seed" } },
  });
}
