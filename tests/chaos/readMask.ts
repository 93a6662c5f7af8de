import { join } from "node:path";
import * as decoding from "lib0/decoding";
import { followMasks } from "../../core/draft/masksDoc.ts";
import { decodeLabelmap, denseLabels } from "../../core/mask/labelmap.ts";
import { MaskFold } from "../../core/mask/maskFold.ts";
import { type BaseNotice, messageType } from "../../core/protocol/room.ts";
import type { Grid } from "../../core/space/grid.ts";
import { openBlobs } from "../../server/platform/blobs.ts";
import { Writer } from "./writer.ts";
import { until } from "../support/until.ts";

/** What a newcomer sees: joins the room, takes the base that it names, folds the document above it. */
export async function maskOfNewcomer(port: number, caseId: string, ticket: string, dataDir: string, grid: Grid): Promise<{ labels: Uint8Array; strokes: number }> {
  const newcomer = new Writer(port, caseId, ticket), blobs = openBlobs(join(dataDir, "blobs"));
  let base: BaseNotice | undefined;
  newcomer.provider.messageHandlers[messageType.base] = (_out, from) => { base = JSON.parse(decoding.readVarString(from)) as BaseNotice; };
  try {
    await until("a newcomer is in", () => newcomer.isSynced, 60_000);
    // A rebase may come at any moment: base and document have to be of one instant.
    for (;;) {
      const at: BaseNotice | undefined = base;
      const layers = at ? [decodeLabelmap(await blobs.get(at.anatomy)), decodeLabelmap(await blobs.get(at.proposal))] : [];
      if (base !== at) continue;
      const fold = new MaskFold(grid, ...layers);
      followMasks(newcomer.doc, fold)();
      return { labels: denseLabels(fold.labelmap()), strokes: newcomer.doc.getArray("strokes").length };
    }
  } finally {
    newcomer.close();
  }
}
