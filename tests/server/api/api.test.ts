import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import { eq, sql } from "drizzle-orm";
import { runMigrations } from "graphile-worker";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as Y from "yjs";
import * as schema from "../../../drizzle/schema.ts";
import { encodeStroke } from "../../../core/mask/stroke.ts";
import { storedName } from "../../../server/api/quarantine.ts";
import { appendAudit, verifyAudit } from "../../../server/record/audit.ts";
import { openApiBench } from "./apiBench.ts";

let bench: Awaited<ReturnType<typeof openApiBench>>;
beforeAll(async () => { bench = await openApiBench(); });
afterAll(async () => { await bench.close(); });

const unknownId = "00000000-0000-4000-8000-000000000000";
describe("rights", () => {
  it("byte routes refuse strangers and the signed-out alike for real and unknown cases (G1)", async () => {
    for (const [method, rest] of [["GET", "volume"], ["GET", "acquired"], ["GET", `blobs/${"0".repeat(64)}`], ["GET", "surface/1"], ["GET", "surface/1.stl"], ["GET", "bricks/1"], ["POST", "bricks/1"], ["GET", "implants/plate1/implant"], ["GET", `mends/${unknownId}`], ["POST", "ticket"], ["POST", "blobs"], ["GET", "else"], ["GET", "versions/1/files/report.pdf"], ["GET", `versions/1/package?job=${unknownId}`], ["GET", "versions/1/difference.png"], ["GET", "versions/key.pub"]]) {
      const bodyOf = async (caseId: string) => {
        const answer = await bench.ask(`/api/cases/${caseId}/${rest}`, "stranger", { method });
        return `${answer.status} ${await answer.text()}`;
      };
      expect(await bodyOf(bench.caseId)).toMatch(/^404 /);
      expect(await bodyOf(bench.caseId)).toBe(await bodyOf(unknownId));
      expect((await bench.ask(`/api/cases/${bench.caseId}/${rest}`, null, { method, headers: { "x-middleware-subrequest": "middleware" } })).status).toBe(401);
    }
  });

  it("label values are given once each, and archived cases are read only", async () => {
    const add = async () => (await (await bench.mutate("segments.add", { caseId: bench.caseId, name: "A", color: "#112233" }, "engineer")).json()).result.data.json.value as number;
    const made = await Promise.all(Array.from({ length: 5 }, add));
    expect(new Set(made).size).toBe(5);
    const last = Math.max(...made);
    expect((await bench.mutate("segments.remove", { caseId: bench.caseId, value: last }, "engineer")).status).toBe(200);
    expect(await add()).toBe(last + 1);
    await bench.db.update(schema.caseTable).set({ status: "archived" }).where(eq(schema.caseTable.id, bench.caseId));
    expect((await bench.mutate("segments.add", { caseId: bench.caseId, name: "A", color: "#112233" }, "engineer")).status).toBe(403);
    expect((await bench.query("segments.list", { caseId: bench.caseId }, "viewer")).status).toBe(200);
    await bench.db.update(schema.caseTable).set({ status: "open" }).where(eq(schema.caseTable.id, bench.caseId));
  });
});

describe("due dates", () => {
  it("are a calendar day, change with an audit event, and stay as they are in an archived case", async () => {
    const set = async (day: unknown) => (await bench.mutate("cases.setDue", { caseId: bench.caseId, day }, "surgeon")).status;
    const stored = async () => (await bench.db.select({ dueAt: schema.caseTable.dueAt }).from(schema.caseTable).where(eq(schema.caseTable.id, bench.caseId)))[0].dueAt?.toISOString() ?? null;
    expect(await set("2027-02-28")).toBe(200);
    expect(await stored()).toBe("2027-02-28T12:00:00.000Z");
    for (const bad of ["2027-02-30", "28.2.2027", "", 5]) expect([bad, await set(bad)]).toEqual([bad, 400]);
    await bench.db.update(schema.caseTable).set({ status: "archived" }).where(eq(schema.caseTable.id, bench.caseId));
    expect(await set(null)).toBe(403);
    expect(await stored()).toBe("2027-02-28T12:00:00.000Z");
    await bench.db.update(schema.caseTable).set({ status: "open" }).where(eq(schema.caseTable.id, bench.caseId));
    expect(await set(null)).toBe(200);
    expect(await stored()).toBeNull();
    const told = await bench.db.select({ object: schema.auditEvent.object }).from(schema.auditEvent).where(eq(schema.auditEvent.action, "case.dueSet")).orderBy(schema.auditEvent.id);
    expect(told.slice(-2).map(({ object }) => object)).toEqual([{ due: "2027-02-28" }, { due: null }]);
  });
});

describe("the gate", () => {
  it("refuses changes that do not come from a page of ours (G3)", async () => {
    const body = JSON.stringify({ userId: "engineer" });
    const send = (headers: Record<string, string>) => fetch(`${bench.settings.origin}/api/demo/sign-in`, { method: "POST", body, headers });
    const good = { "content-type": "application/json", origin: bench.settings.origin, "x-caseroom": "1" };
    expect((await send(good)).status).toBe(200);
    const foreign: Record<string, string>[] = [{ origin: "https://evil.example" }, { "x-caseroom": "" }, { "sec-fetch-site": "cross-site" }];
    for (const bad of foreign) expect((await send({ ...good, ...bad })).status).toBe(403);
    expect((await send({ "content-type": "application/json", "x-caseroom": "1" })).status).toBe(403);
    expect((await send({ ...good, "content-type": "text/plain" })).status).toBe(415);
    expect((await bench.ask("/api/trpc/cases.archive?input=%7B%7D", "engineer")).status).toBe(405);
  });

  const raw = (headers: Record<string, string>) => new Promise<{ status: number; location?: string }>((resolve, reject) => {
    request({ host: "127.0.0.1", port: bench.port, path: "/api/health", headers }, (res) => { res.resume(); resolve({ status: res.statusCode ?? 0, location: res.headers.location }); }).on("error", reject).end();
  });
  it("a demo workspace answers localhost only, sends 127.0.0.1 there, and never through a proxy", async () => {
    const host = `localhost:${bench.port}`;
    expect((await raw({ host, "x-forwarded-for": "1.2.3.4" })).status).toBe(403);
    expect((await raw({ host, forwarded: "for=1.2.3.4" })).status).toBe(403);
    expect((await raw({ host: "evil.example" })).status).toBe(403);
    expect(await raw({ host: `127.0.0.1:${bench.port}` })).toEqual({ status: 307, location: `${bench.settings.origin}/api/health` });
  });

  it("isolates every answer, and no policy allows inline or evaluated script (G7, G12)", async () => {
    const { headers } = await bench.ask("/api/health", null);
    expect(headers.get("cross-origin-opener-policy")).toBe("same-origin");
    expect(headers.get("cross-origin-embedder-policy")).toBe("require-corp");
    expect(headers.get("cross-origin-resource-policy")).toBe("same-origin");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("content-security-policy")).toContain("sandbox");
    const asset = (await bench.ask("/_next/static/x.js", null)).headers.get("content-security-policy");
    expect(asset).not.toMatch(/unsafe-(inline|eval)'/);
  });
});

describe("health", () => {
  it("is ok only while a worker holds the lock", async () => {
    const before = await bench.ask("/api/health", null);
    expect([before.status, await before.json()]).toEqual([503, { status: "failing", version: bench.settings.version, database: "ok", worker: "failing" }]);
    const alive = await bench.database.sql.reserve();
    await alive`select pg_advisory_lock_shared(1128354629)`;
    const during = await bench.ask("/api/health", null);
    expect([during.status, await during.json()]).toEqual([200, { status: "ok", version: bench.settings.version, database: "ok", worker: "ok" }]);
    await alive`select pg_advisory_unlock_all()`;
    alive.release();
  });
});

describe("uploads", () => {
  const start = async (totalBytes: number) => (await (await bench.mutate("uploads.start", { totalBytes }, "engineer")).json()).result.data.json.id as string;
  const put = (id: string, name: string, body: BodyInit, offset = 0, as = "engineer") => bench.ask(`/api/uploads/${id}/file?name=${encodeURIComponent(name)}&offset=${offset}`, as, { method: "PUT", body });

  it("64 MiB arrive whole, a broken one goes on where it stopped, and the count stays true", async () => {
    const bytes = new Uint8Array(64 * 1024 * 1024);
    for (let i = 0; i < bytes.length; i += 4099) bytes[i] = i % 251;
    const id = await start(bytes.length);
    expect((await put(id, "00001.nii", bytes.subarray(0, 1000))).status).toBe(200);
    expect((await put(id, "00001.nii", bytes.subarray(5000), 5000)).status).toBe(409);
    expect(await (await put(id, "00001.nii", bytes.subarray(600), 600)).json()).toEqual({ size: bytes.length });
    const [row] = await bench.db.select().from(schema.upload).where(eq(schema.upload.id, id));
    expect(row.receivedBytes).toBe(bytes.length);
    const stored = await readFile(join(bench.dataDir, "uploads", id, "00001.nii"));
    expect(createHash("sha256").update(stored).digest("hex")).toBe(createHash("sha256").update(bytes).digest("hex"));
    expect((await put(id, "00002.nii", new Uint8Array(17 * 1024 * 1024))).status).toBe(413);
    expect((await put(id, "00001.nii", new Uint8Array(1), 0, "surgeon")).status).toBe(404);
    expect((await bench.mutate("uploads.cancel", { id }, "engineer")).status).toBe(200);
    expect(existsSync(join(bench.dataDir, "uploads", id))).toBe(false);
    expect((await put(id, "00001.nii", new Uint8Array(1))).status).toBe(409);
  });

  it("no path and no person's name gets into the quarantine", () => {
    expect(storedName("00012.nii.gz")).toBe("00012.nii.gz");
    for (const name of ["RUIZ^ANA.dcm", "../../etc/passwd", "..", "a/b.zip", "x\0.nii"]) expect(storedName(name)).toMatch(/^f[0-9a-f]{12}(\.\w+)?$/);
  });

  it("finishing queues one import, in the same transaction", async () => {
    await runMigrations({ connectionString: bench.database.url });
    const id = await start(3);
    expect((await bench.mutate("uploads.finish", { id }, "engineer")).status).toBe(409);
    expect((await put(id, "00001.zip", "abc")).status).toBe(200);
    expect((await bench.mutate("uploads.finish", { id }, "engineer")).status).toBe(200);
    expect((await bench.mutate("uploads.finish", { id, options: { region: "face" } }, "engineer")).status).toBe(409);
    const [{ options }] = await bench.db.select().from(schema.upload).where(eq(schema.upload.id, id));
    expect(options).toEqual({});
    expect([...await bench.db.execute(sql`select t.identifier as kind, j.payload from graphile_worker._private_jobs j join graphile_worker._private_tasks t on t.id = j.task_id`)]).toEqual([{ kind: "import", payload: { uploadId: id } }]);
  });
});

describe("an upload that was broken off", () => {
  it("tells what was decided about it, and is imported by what was decided last", async () => {
    const { id } = (await (await bench.mutate("uploads.start", { totalBytes: 3, options: { region: "face", useRegularPart: true, scanAgeDays: 4 } }, "engineer")).json()).result.data.json;
    expect((await (await bench.query("uploads.get", { id }, "engineer")).json()).result.data.json).toMatchObject({ state: "receiving", region: "face", useRegularPart: true });
    expect((await bench.ask(`/api/uploads/${id}/file?name=00001.zip&offset=0`, "engineer", { method: "PUT", body: "abc" })).status).toBe(200);
    expect((await bench.mutate("uploads.finish", { id, options: { region: "pelvis", useRegularPart: false, scanAgeDays: 4 } }, "engineer")).status).toBe(200);
    const [{ options }] = await bench.db.select().from(schema.upload).where(eq(schema.upload.id, id));
    expect(options).toEqual({ region: "pelvis", useRegularPart: false, scanAgeDays: 4 });
  });
});

describe("blobs", () => {
  it("are read only in the case whose log names them, and are at most 8 MiB", async () => {
    const bytes = new TextEncoder().encode("<svg onload=alert(1)>");
    const stored = await bench.ask(`/api/cases/${bench.caseId}/blobs`, "engineer", { method: "POST", body: bytes });
    const { hash } = await stored.json();
    expect(hash).toBe(createHash("sha256").update(bytes).digest("hex"));
    expect((await bench.ask(`/api/cases/${bench.caseId}/blobs`, "viewer", { method: "POST", body: bytes })).status).toBe(403);
    expect((await bench.ask(`/api/cases/${bench.caseId}/blobs`, "engineer", { method: "POST", body: new Uint8Array(8 * 1024 * 1024 + 1) })).status).toBe(413);
    const path = `/api/cases/${bench.caseId}/blobs/${hash}`;
    expect((await bench.ask(path, "viewer")).status).toBe(404);
    const doc = new Y.Doc();
    doc.getArray<Uint8Array>("strokes").push([encodeStroke({
      id: { clientId: doc.clientID, counter: 0 }, lamport: 1, layer: "anatomy", value: 1, isFinal: true,
      content: { kind: "blob", hash, byteLength: bytes.length, box: [0, 0, 0, 1, 1, 1] },
    })]);
    await bench.db.insert(schema.draftLog).values({ caseId: bench.caseId, document: "masks", seq: 1, update: Y.encodeStateAsUpdate(doc), checksum: "", userId: "engineer", sessionId: "s" });
    const answer = await bench.ask(path, "viewer");
    expect([answer.status, await answer.text()]).toEqual([200, "<svg onload=alert(1)>"]);
    expect(answer.headers.get("content-disposition")).toMatch(/^attachment/);
    expect(answer.headers.get("content-type")).toBe("application/octet-stream");
    expect(answer.headers.get("cache-control")).toBe("no-store");
  });
});

describe("the audit chain", () => {
  it("RV3: holds over everything done here, also side by side, and shows a changed event", async () => {
    await Promise.all(Array.from({ length: 8 }, (_, i) => bench.db.transaction((tx) => appendAudit(tx, { actorId: null, caseId: null, action: "test", object: { z: i, a: { c: 1, b: [2] } } }))));
    const { count, brokenAt } = await verifyAudit(bench.db);
    expect(brokenAt).toBeNull();
    expect(count).toBeGreaterThan(15);
    await expect(bench.db.update(schema.auditEvent).set({ action: "other" }).where(eq(schema.auditEvent.id, 1))).rejects.toThrow();
    await bench.db.execute(sql`alter table audit_event disable trigger user`);
    await bench.db.execute(sql`update audit_event set action = 'other' where id = (select min(id) from audit_event)`);
    expect((await verifyAudit(bench.db)).brokenAt).not.toBeNull();
  });
});
