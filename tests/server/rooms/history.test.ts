import { afterAll, beforeAll, expect, it } from "vitest";
import * as Y from "yjs";
import { encodeMark } from "../../../core/mask/mark.ts";
import { listStrokes } from "../../../server/record/draftHistory.ts";
import { appendToLog } from "../../../server/record/draftLog.ts";
import { strokeBytes } from "../../chaos/hostile.ts";
import { openBench, type Bench } from "./roomBench.ts";

let bench: Bench;
beforeAll(async () => { bench = await openBench({ ana: "surgeon", ben: "engineer" }); });
afterAll(() => bench.close());

it("RM2: the history tells author and time of the log, voxels, and what is hidden", async () => {
  const doc = new Y.Doc();
  let end = { seq: 0, checksum: "" };
  const write = async (userId: string, root: "strokes" | "marks", clientId: number, bytes: Uint8Array) => {
    doc.clientID = clientId;
    const before = Y.encodeStateVector(doc);
    doc.getArray<Uint8Array>(root).push([bytes]);
    end = await appendToLog(bench.db, bench.caseId, "masks", end, [{ update: Y.encodeStateAsUpdate(doc, before), userId, sessionId: "s" }]);
  };
  await write("ben", "strokes", 20, strokeBytes(20, 1, 1));
  await write("ana", "strokes", 10, strokeBytes(10, 4, 2, 3));
  await write("ana", "strokes", 10, strokeBytes(10, 4, 2, 3));
  await write("ana", "marks", 10, encodeMark({ stroke: { clientId: 10, counter: 4 }, hidden: true, n: 1 }));
  const found = await listStrokes(bench.db, bench.caseId);
  expect(found).toMatchObject([
    { id: { clientId: 20, counter: 1 }, userId: "ben", name: "Name ben", value: 1, voxels: 2, hidden: false, hiddenAt: null },
    { id: { clientId: 10, counter: 4 }, userId: "ana", name: "Name ana", value: 3, voxels: 10, hidden: true },
  ]);
  expect(found[1].hiddenAt?.getTime()).toBeGreaterThanOrEqual(found[1].firstAt.getTime());
});
