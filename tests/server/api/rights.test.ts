import { eq } from "drizzle-orm";
import { runMigrations } from "graphile-worker";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isAllowed, type Role, roles } from "../../../core/review/permissions.ts";
import * as schema from "../../../drizzle/schema.ts";
import { openApiBench } from "./apiBench.ts";
import { caseless, caseProcedures, routed } from "./procedures.ts";

let bench: Awaited<ReturnType<typeof openApiBench>>;
beforeAll(async () => {
  bench = await openApiBench();
  // Some procedures queue a job with what they write.
  await runMigrations({ connectionString: bench.database.url });
});
afterAll(async () => { await bench.close(); });

const ask = async (path: string, type: string, input: unknown, as: string | null) => {
  const answer = await (type === "query" ? bench.query : bench.mutate)(path, input, as);
  return { status: answer.status, text: await answer.text() };
};
/** A case with a member of every role and a segment, that nothing was done to. */
async function freshCase(): Promise<string> {
  const caseId = await bench.addCase(`t-${crypto.randomUUID()}`, roles);
  await bench.db.insert(schema.segment).values({ caseId, value: 1, name: "Bone", color: "#e8d9b5", createdBy: "engineer" });
  return caseId;
}

describe("role × procedure × case", () => {
  it("G2: every procedure of the router has a row, of a case or of none with the reason", () => {
    const listed = [...Object.keys(caseProcedures), ...Object.keys(caseless)];
    expect(routed.map(({ path }) => path).sort()).toEqual([...listed].sort());
    expect(Object.values(caseless).every(({ why }) => why.length > 10)).toBe(true);
  });

  it.each(routed.filter(({ path }) => path in caseProcedures))("G2: $path is the one table's in an open and in an archived case; others' and deleted cases are as if they never were", async ({ path, type }) => {
    const { action, input, answer } = caseProcedures[path];
    const expected = (role: Role, isArchived: boolean) => (isAllowed(role, action, isArchived) ? answer : 403);
    const unknown = await ask(path, type, { caseId: crypto.randomUUID(), ...input }, "stranger");
    expect(unknown.status).toBe(404);
    for (const role of roles) {
      const open = await freshCase(), archived = await freshCase(), deleted = await freshCase();
      expect([role, "open", (await ask(path, type, { caseId: open, ...input }, role)).status]).toEqual([role, "open", expected(role, false)]);
      await bench.db.update(schema.caseTable).set({ status: "archived" }).where(eq(schema.caseTable.id, archived));
      expect([role, "archived", (await ask(path, type, { caseId: archived, ...input }, role)).status]).toEqual([role, "archived", expected(role, true)]);
      await bench.db.delete(schema.caseTable).where(eq(schema.caseTable.id, deleted));
      for (const caseId of [bench.foreignId, deleted, "x"]) expect([role, caseId, await ask(path, type, { caseId, ...input }, role)]).toEqual([role, caseId, unknown]);
    }
    const own = await freshCase();
    expect(await ask(path, type, { caseId: own, ...input }, "stranger")).toEqual(unknown);
    expect((await ask(path, type, { caseId: own, ...input }, null)).status).toBe(401);
  });

  it.each(routed.filter(({ path }) => path in caseless && !caseless[path].isOpen))("G2: $path, of no case, is for nobody who is not signed in", async ({ path, type }) => {
    expect((await ask(path, type, {}, null)).status).toBe(401);
  });
});
