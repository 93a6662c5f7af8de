import { eq } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { WebsocketProvider } from "y-websocket";
import * as Y from "yjs";
import { implantsOf, measurementsOf, PlanEditor, planKey, planParametersOf } from "../../../core/draft/planDoc.ts";
import { pointParameter, pointsIn, pointValue } from "../../../core/draft/planPoints.ts";
import { planParameters } from "../../../core/implant/plan.ts";
import { isAllowed, roles } from "../../../core/review/permissions.ts";
import { auditEvent, clientLease, draftLog, member } from "../../../drizzle/schema.ts";
import { readLog } from "../../../server/record/draftLog.ts";
import { readPlanDraft } from "../../../server/record/planLog.ts";
import { openBench, until, type Bench } from "./roomBench.ts";

let bench: Bench;
beforeAll(async () => {
  bench = await openBench({ ana: "surgeon", ben: "engineer", sam: "segmentationSpecialist", rita: "reviewer", vic: "viewer" });
});
afterAll(() => bench.close());
beforeEach(async () => {
  bench.leaveAll();
  await bench.restart();
  await bench.db.delete(draftLog);
  await bench.db.delete(clientLease);
});

const implant = "plate1";
const byDefault = (name: string) => (planParameters.find(({ key }) => key === name)?.default ?? null) as never;
const join = async (person: string, doc = new Y.Doc()) => {
  const { provider } = await bench.join(person, doc, "plan");
  return { doc, provider, editor: new PlanEditor(doc, byDefault), map: planParametersOf(doc) };
};
const synced = (...all: { provider: WebsocketProvider }[]) => until(() => all.every(({ provider }) => provider.synced), "synced");
const closeOf = (provider: WebsocketProvider) => new Promise<number>((resolve) => { provider.on("closed", ({ code }) => resolve(code)); });
const rows = () => bench.db.select().from(draftLog).where(eq(draftLog.document, "plan")).orderBy(draftLog.seq);
const told = async () => (await bench.db.select().from(auditEvent).where(eq(auditEvent.action, "plan.changed")).orderBy(auditEvent.id)).map(({ actorId, object }) => ({ actorId, ...object as { changes: unknown } }));

describe("the room of a plan", () => {
  it("RM4: two people change two parameters at once, both stay; each overwrite is logged with old, new and actor", async () => {
    const a = await join("ana"), b = await join("ben");
    await synced(a, b);
    const before = (await told()).length;
    a.editor.set(implant, "thickness", 5);
    b.editor.set(implant, "marginMm", 0.8);
    await until(() => a.map.size === 2 && b.map.size === 2, "both have both");
    expect([...a.map.entries()].sort()).toEqual([[planKey(implant, "marginMm"), 0.8], [planKey(implant, "thickness"), 5]]);
    b.editor.set(implant, "thickness", 3.5);
    await until(() => a.map.get(planKey(implant, "thickness")) === 3.5, "the overwrite is seen");
    const said = (await told()).slice(before);
    expect(said).toHaveLength(3);
    expect(said.at(-1)).toEqual({ actorId: "ben", changes: [{ key: "plate1/thickness", old: 5, now: 3.5 }] });
    expect(await readPlanDraft(bench.db, bench.caseId)).toEqual(new Map([[implant, { marginMm: 0.8, thickness: 3.5 }]]));
  });

  it("RM4: undo takes back only one's own value, and does nothing where a peer overwrote it since", async () => {
    const a = await join("ana"), b = await join("ben");
    await synced(a, b);
    a.editor.set(implant, "thickness", 5);
    a.editor.set(implant, "bevelDeg", 9);
    await until(() => b.map.size === 2, "seen");
    b.editor.set(implant, "bevelDeg", 6);
    await until(() => a.map.get(planKey(implant, "bevelDeg")) === 6, "overwritten");
    expect(a.editor.undo()).toEqual({ kind: "overwritten", key: planKey(implant, "bevelDeg") });
    expect(a.editor.undo()).toEqual({ kind: "done", key: planKey(implant, "thickness") });
    await until(() => b.map.get(planKey(implant, "thickness")) === 4, "the default again");
    expect(b.map.get(planKey(implant, "bevelDeg"))).toBe(6);
  });

  it("PL3: two people move two points of one outline, both stay; a measurement stands beside the implants and makes nothing", async () => {
    const a = await join("ana"), b = await join("ben");
    await synced(a, b);
    a.editor.set(implant, "family", "cranial");
    a.editor.set(implant, "bone", 1);
    for (let n = 0; n < 4; n++) a.editor.set(implant, pointParameter("outline", `p${n}`), pointValue([n, 0, 0], n));
    await until(() => b.map.size === 6, "seen");
    a.editor.set(implant, pointParameter("outline", "p1"), pointValue([1, 9, 0], 1));
    b.editor.set(implant, pointParameter("outline", "p2"), pointValue([2, 0, 9], 2));
    b.editor.set("ruler1", "family", "ruler");
    b.editor.set("ruler1", pointParameter("points", "a"), pointValue([0, 0, 0], 0));
    b.editor.set("ruler1", pointParameter("points", "b"), pointValue([0, 3, 4], 1));
    await until(() => a.map.size === 9 && b.map.size === 9, "both have both");
    for (const { doc } of [a, b]) {
      expect(pointsIn(implantsOf(doc).get(implant) ?? {}, "outline").map(({ at }) => at)).toEqual([[0, 0, 0], [1, 9, 0], [2, 0, 9], [3, 0, 0]]);
      expect(measurementsOf(doc)).toMatchObject([{ id: "ruler1", value: 5 }]);
    }
    await until(async () => (await rows()).length > 0 && [...await readPlanDraft(bench.db, bench.caseId)].length === 1, "the log has it");
    expect([...(await readPlanDraft(bench.db, bench.caseId)).keys()]).toEqual([implant]);
  });

  it("RM1 A3: what was set while the server was away arrives once, and a newcomer finds everything", async () => {
    const a = await join("ana");
    await synced(a);
    a.editor.set(implant, "material", "titanium-lpbf");
    await until(async () => (await rows()).length === 1, "logged");
    const isBack = bench.restart();
    for (let n = 0; n < 20; n++) a.editor.set(implant, "thickness", 2 + n / 10);
    await isBack;
    await until(() => a.provider.synced, "back");
    const c = await join("vic");
    await synced(c);
    await until(() => c.map.get(planKey(implant, "thickness")) === 3.9, "all of it");
    const log = await readLog(bench.db, bench.caseId, "plan"), replay = new Y.Doc();
    for (const update of log.updates) Y.applyUpdate(replay, update);
    expect(planParametersOf(replay).toJSON()).toEqual(a.map.toJSON());
  });

  it("G2: who may change a plan is the one table; a refused change reaches nobody", async () => {
    const people = { ana: "surgeon", ben: "engineer", sam: "segmentationSpecialist", rita: "reviewer", vic: "viewer" } as const;
    expect(new Set(Object.values(people))).toEqual(new Set(roles));
    const watch = await join("vic");
    await synced(watch);
    for (const [person, role] of Object.entries(people)) {
      const one = await join(person);
      await synced(one);
      const before = (await rows()).length, closed = closeOf(one.provider);
      one.map.set(planKey(implant, "marginMm"), before + 0.25);
      if (isAllowed(role, "plan.write")) {
        await until(async () => (await rows()).length === before + 1, `${role} writes`);
      } else {
        expect([role, await closed]).toEqual([role, 4403]);
        expect((await rows()).length).toBe(before);
        expect(watch.map.get(planKey(implant, "marginMm"))).not.toBe(before + 0.25);
      }
      one.provider.destroy();
    }
  });

  it("B2: refuses whole what is no change of a parameter: deletions, other roots, nested types, unknown names, large values", async () => {
    const seeded = await join("ben");
    await synced(seeded);
    seeded.editor.set(implant, "thickness", 4.5);
    await until(async () => (await rows()).length === 1, "seeded");
    const key = planKey(implant, "thickness");
    const hostile: [string, (doc: Y.Doc) => void][] = [
      ["deletes", (doc) => planParametersOf(doc).delete(key)], ["another root", (doc) => doc.getMap("other").set("a", 1)], ["a list", (doc) => doc.getArray("parameters2").push([1])],
      ["nested", (doc) => (planParametersOf(doc) as Y.Map<unknown>).set(planKey(implant, "thickness"), new Y.Map())], ["an object", (doc) => (planParametersOf(doc) as Y.Map<unknown>).set(key, { a: 1 })],
      ["an unknown name", (doc) => planParametersOf(doc).set(planKey(implant, "colour"), 1)], ["no key", (doc) => planParametersOf(doc).set("thickness", 1)],
      ["a point of two numbers", (doc) => planParametersOf(doc).set(planKey(implant, "outline/p1"), [1, 2])], ["a point 20 m away", (doc) => planParametersOf(doc).set(planKey("ruler1", "points/a"), [20_000, 0, 0, 0])],
      ["a section without a surface", (doc) => planParametersOf(doc).set(planKey("sect01", "section"), ["volume/1", "k", [0, 0, 0, 0, 0, 1], 1, 1, []])],
      ["an outline whole", (doc) => planParametersOf(doc).set(planKey(implant, "outline"), [[0, 0, 0], [1, 0, 0], [0, 1, 0]])], ["a long value", (doc) => planParametersOf(doc).set(key, "x".repeat(5000))], ["a good and a bad one", (doc) => { planParametersOf(doc).set(planKey(implant, "marginMm"), 1); planParametersOf(doc).set(planKey(implant, "nothing"), 1); }],
    ];
    for (const [what, change] of hostile) {
      const one = await join("ana");
      await synced(one);
      const closed = closeOf(one.provider);
      one.doc.transact(() => change(one.doc));
      expect([what, await closed]).toEqual([what, 4400]);
      one.provider.destroy();
      expect([what, (await rows()).length, seeded.map.toJSON()]).toEqual([what, 1, { [key]: 4.5 }]);
    }
    expect(seeded.provider.wsconnected).toBe(true);
  });

  it("RM4 B4: refuses a change under somebody else's client id", async () => {
    const a = await join("ana");
    await synced(a);
    a.editor.set(implant, "thickness", 5);
    await until(async () => (await rows()).length === 1, "logged");
    const forger = new Y.Doc();
    const one = await join("ben", forger);
    await synced(one);
    const own = forger.clientID;
    forger.clientID = a.doc.clientID;
    const closed = closeOf(one.provider);
    planParametersOf(forger).set(planKey(implant, "thickness"), 11);
    expect(await closed).toBe(4403);
    forger.clientID = own;
    expect(a.map.get(planKey(implant, "thickness"))).toBe(5);
  });

  it("C3: a person taken out of the case is closed out of the plan too", async () => {
    const one = await join("rita");
    await synced(one);
    const closed = closeOf(one.provider);
    await bench.db.delete(member).where(eq(member.userId, "rita"));
    expect(await closed).toBe(4401);
    await bench.db.insert(member).values({ caseId: bench.caseId, userId: "rita", role: "reviewer" });
  });
});
