import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as schema from "../../../drizzle/schema.ts";
import { roles, type Role } from "../../../core/review/permissions.ts";
import { createApi } from "../../../server/api/api.ts";
import { judgeHost, setHeaders, stripHeaders } from "../../../server/api/gate.ts";
import { createAuth } from "../../../server/platform/auth.ts";
import { openBlobs } from "../../../server/platform/blobs.ts";
import { openDatabase } from "../../../server/platform/db.ts";
import { parseSettings } from "../../../server/platform/settings.ts";
import { appendAudit } from "../../../server/record/audit.ts";
import { freshDatabase } from "../../support/database.ts";

/** The API behind its gate on a database of its own, with one member of each role, a stranger, and two cases. */
export async function openApiBench() {
  const fresh = await freshDatabase();
  const database = openDatabase(fresh.url);
  const dataDir = await mkdtemp(join(tmpdir(), "caseroom-api-"));
  const http = createServer();
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const { port } = http.address() as AddressInfo;
  const settings = parseSettings({ CASEROOM_DATABASE: fresh.url, CASEROOM_DATA: dataDir, PORT: String(port), CASEROOM_UPLOAD_LIMIT_MIB: "80" });
  const blobs = openBlobs(join(dataDir, "blobs"));
  const auth = createAuth(database, settings, appendAudit);
  const api = createApi({ database, settings, auth, blobs });
  http.on("request", (req, res) => {
    const verdict = judgeHost(req, settings);
    stripHeaders(req, settings);
    setHeaders(req, res, settings);
    if (verdict.kind === "pass") return void api.handle(req, res);
    if (verdict.kind === "redirect") res.writeHead(307, { location: verdict.to }).end();
    else res.writeHead(verdict.status).end(verdict.message);
  });
  const { db } = database;
  const people = [...roles, "stranger"] as const;
  await db.insert(schema.user).values(people.map((id) => ({ id, name: id, email: `${id}@example.org`, isDemo: true })));
  const addCase = async (code: string, members: readonly Role[]) => {
    const [{ id }] = await db.insert(schema.caseTable).values({ code, createdBy: "engineer" }).returning({ id: schema.caseTable.id });
    if (members.length > 0) await db.insert(schema.member).values(members.map((role) => ({ caseId: id, userId: role, role })));
    return id;
  };
  const cookies = new Map<string, string>();
  for (const id of people) cookies.set(id, (await auth.signInDemo(id)).map((value) => value.split(";")[0]).join("; "));
  const origin = settings.origin;
  const ours = { origin, "x-caseroom": "1" };
  const ask = (path: string, as: string | null, init: RequestInit = {}) => fetch(`${origin}${path}`, {
    redirect: "manual", ...init, headers: { ...(init.method && init.method !== "GET" ? ours : {}), ...(as ? { cookie: cookies.get(as) ?? "" } : {}), ...init.headers as Record<string, string> },
  });
  return {
    database, db, settings, blobs, api, ask, port, dataDir, addCase, caseId: await addCase("26-001", roles), foreignId: await addCase("26-002", []),
    query: (path: string, input: unknown, as: string | null) => ask(`/api/trpc/${path}?input=${encodeURIComponent(JSON.stringify({ json: input }))}`, as),
    mutate: (path: string, input: unknown, as: string | null) => ask(`/api/trpc/${path}`, as, { method: "POST", body: JSON.stringify({ json: input }), headers: { "content-type": "application/json" } }),
    async close() {
      http.closeAllConnections();
      http.close();
      await database.close();
      await fresh.drop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
