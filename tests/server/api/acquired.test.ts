import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { and, eq } from "drizzle-orm";
import { afterAll, beforeAll, expect, it } from "vitest";
import * as schema from "../../../drizzle/schema.ts";
import { derivedReport } from "../../../workers/deriveVolume.ts";
import { importUpload } from "../../../workers/importUpload.ts";
import { phantomSlices } from "../../workers/import/dicomWriter.ts";
import { openApiBench } from "./apiBench.ts";

let bench: Awaited<ReturnType<typeof openApiBench>>, dir = "";
beforeAll(async () => {
  bench = await openApiBench();
  dir = await mkdtemp(join(tmpdir(), "caseroom-kept-"));
});
afterAll(async () => {
  await bench.close();
  await rm(dir, { recursive: true, force: true });
});

/** A case of an upload's own series. */
async function imported(name: string, gapsMm: number[]): Promise<string> {
  const folder = await phantomSlices(join(dir, name), { gapsMm }), { id } = (await (await bench.mutate("uploads.start", { totalBytes: 100_000, options: {} }, "engineer")).json()).result.data.json;
  for (let k = 0; k <= gapsMm.length; k++) expect((await bench.ask(`/api/uploads/${id}/file?name=${k}.dcm&offset=0`, "engineer", { method: "PUT", body: await readFile(join(folder, `${k}.dcm`)) })).status).toBe(200);
  expect((await bench.mutate("uploads.finish", { id }, "engineer")).status).toBe(200);
  await importUpload(id, bench.dataDir, true, bench.db, bench.blobs);
  const [row] = await bench.db.select().from(schema.upload).where(eq(schema.upload.id, id));
  if (!row.caseId) throw new Error(JSON.stringify(row.error));
  // Whoever is not one of the demo's own people came in as a viewer.
  const isOf = (userId: string) => and(eq(schema.member.caseId, row.caseId ?? ""), eq(schema.member.userId, userId));
  await bench.db.update(schema.member).set({ role: "engineer" }).where(isOf("engineer"));
  await bench.db.delete(schema.member).where(isOf("stranger"));
  return row.caseId;
}

it("IM17: a person with the right downloads the slices as acquired from their case, with an audit event; others, other cases and derived volumes have none", async () => {
  const caseId = await imported("uneven", [2, 2, 2, 3, 1.5]), even = await imported("even", [2, 2, 2]);
  const [{ report }] = await bench.db.select({ report: schema.caseTable.report }).from(schema.caseTable).where(eq(schema.caseTable.id, caseId));
  const { sha256 } = (report as { provenance: { acquired: { sha256: string } } }).provenance.acquired;
  const ask = (of: string, as: string | null, method = "GET") => bench.ask(`/api/cases/${of}/acquired`, as, { method });
  const answer = await ask(caseId, "engineer"), bytes = new Uint8Array(await answer.arrayBuffer());
  expect([answer.status, createHash("sha256").update(bytes).digest("hex"), answer.headers.get("content-disposition")]).toEqual([200, sha256, expect.stringContaining("acquired.nrrd")]);
  expect((await ask(caseId, "engineer", "HEAD")).status).toBe(200);
  // A viewer takes nothing out of a case.
  expect([(await ask(caseId, "viewer")).status, (await ask(caseId, "stranger")).status, (await ask(caseId, null)).status, (await ask(even, "engineer")).status]).toEqual([403, 404, 401, 404]);
  const events = await bench.db.select({ actorId: schema.auditEvent.actorId, object: schema.auditEvent.object }).from(schema.auditEvent).where(and(eq(schema.auditEvent.caseId, caseId), eq(schema.auditEvent.action, "volume.slicesExported")));
  expect(events).toEqual([{ actorId: "engineer", object: { sha256 } }]);
  const shown = async (as: string) => (await (await bench.query("imports.report", { caseId }, as)).json()).result.data.json as { mayExport: boolean; provenance: { acquired?: unknown } };
  expect([(await shown("engineer")).mayExport, (await shown("viewer")).mayExport, (await shown("engineer")).provenance.acquired]).toEqual([true, false, { file: "acquired.nrrd", sha256 }]);
  const derived = derivedReport(report as { provenance: Record<string, unknown> }, { grid: { dims: [1, 1, 1], spacing: [1, 1, 1], origin: [0, 0, 0] }, affine: [], findings: [] }, { derivation: { op: "gaussian", sigmaMm: 1 }, code: "a", volumeHash: sha256, sentence: "", leftOut: 0, turn: null, masks: null });
  expect(derived.provenance).not.toHaveProperty("acquired");
  expect(derived.provenance).toHaveProperty("originalGeometry");
}, 60_000);
