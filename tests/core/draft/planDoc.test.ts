import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as Y from "yjs";
import { implantsOf, isPlanValue, PlanEditor, planKey, planParametersOf, type PlanValue, PlanValueError, readPlanKey } from "../../../core/draft/planDoc.ts";

const defaults = () => 0;
const sync = (one: Y.Doc, other: Y.Doc) => {
  Y.applyUpdate(other, Y.encodeStateAsUpdate(one, Y.encodeStateVector(other)));
  Y.applyUpdate(one, Y.encodeStateAsUpdate(other, Y.encodeStateVector(one)));
};
function two() {
  const docs = [new Y.Doc(), new Y.Doc()];
  docs.forEach((doc, i) => { doc.clientID = i + 1; });
  return { docs, editors: docs.map((doc) => new PlanEditor(doc, defaults)), meet: () => sync(docs[0], docs[1]) };
}

describe("the plan document", () => {
  it("two people change two parameters at once: both stay, and each takes back only their own", () => {
    const { docs, editors: [ana, ben], meet } = two();
    ana.set("plate1", "marginMm", 0.5);
    ben.set("plate1", "bevelDeg", 7);
    meet();
    for (const doc of docs) expect(implantsOf(doc)).toEqual(new Map([["plate1", { bevelDeg: 7, marginMm: 0.5 }]]));
    expect(ana.undo()).toEqual({ kind: "done", key: "plate1/marginMm" });
    meet();
    for (const doc of docs) expect(implantsOf(doc)).toEqual(new Map([["plate1", { bevelDeg: 7, marginMm: 0 }]]));
    expect(ana.undo()).toEqual({ kind: "nothing" });
    expect(ana.redo()).toEqual({ kind: "done", key: "plate1/marginMm" });
    meet();
    expect(implantsOf(docs[1]).get("plate1")?.marginMm).toBe(0.5);
  });

  it("RM4: undo of a value that a peer overwrote since does nothing and says so", () => {
    const { docs, editors: [ana, ben], meet } = two();
    ana.set("plate1", "marginMm", 0.5);
    ana.set("plate1", "marginMm", 0.7);
    meet();
    ben.set("plate1", "marginMm", 1);
    meet();
    expect(ana.undo()).toEqual({ kind: "overwritten", key: "plate1/marginMm" });
    expect(implantsOf(docs[0]).get("plate1")?.marginMm).toBe(1);
    expect(ana.undo()).toEqual({ kind: "overwritten", key: "plate1/marginMm" });
    expect(ben.undo()).toEqual({ kind: "done", key: "plate1/marginMm" });
    expect(implantsOf(docs[1]).get("plate1")?.marginMm).toBe(0.7);
  });

  it("replicas agree whatever the order of delivery, and no undo touches a value that it did not set", () => {
    const act = fc.record({ who: fc.nat(1), what: fc.constantFrom("set", "undo", "redo", "meet"), parameter: fc.constantFrom("a", "b", "c"), value: fc.nat(5) });
    fc.assert(fc.property(fc.array(act, { maxLength: 60 }), (acts) => {
      const { docs, editors, meet } = two();
      // Who wrote what a replica shows, by parameter.
      const writer: Map<string, number>[] = [new Map(), new Map()];
      docs.forEach((doc, i) => planParametersOf(doc).observe((event, { local }) => {
        for (const key of event.keysChanged) writer[i].set(key, local ? i : 1 - i);
      }));
      for (const { who, what, parameter, value } of acts) {
        if (what === "meet") meet();
        else if (what === "set") editors[who].set("plate1", parameter, value);
        else {
          const before = new Map(planParametersOf(docs[who]).entries()), by = new Map(writer[who]);
          const end = what === "undo" ? editors[who].undo() : editors[who].redo();
          for (const [key, now] of planParametersOf(docs[who]).entries()) {
            if (now === before.get(key)) continue;
            expect(end).toEqual({ kind: "done", key });
            expect(by.get(key)).toBe(who);
          }
          if (end.kind === "overwritten") expect(planParametersOf(docs[who]).get(end.key)).toBe(before.get(end.key));
        }
      }
      meet();
      expect(implantsOf(docs[0])).toEqual(implantsOf(docs[1]));
    }), { numRuns: 150 });
  });

  it("takes JSON lists of finite numbers and refuses the rest", () => {
    const { editors: [ana] } = two();
    for (const value of [null, "bone", 4, true, [1, 2, 3], [[0, 0, 1], [1, 0, 0]]] as PlanValue[]) {
      expect(isPlanValue(value)).toBe(true);
      ana.set("plate1", "thickness", value);
    }
    for (const value of [Number.NaN, Infinity, { a: 1 }, undefined, [[[[[1]]]]], "x".repeat(5000)]) {
      expect(() => ana.set("plate1", "thickness", value as PlanValue)).toThrow(PlanValueError);
    }
    for (const key of ["a", "plate1/", "/x", "PLATE/x", "plate1/x/y/z", "plate1/__proto__", "plate1/1x"]) expect(readPlanKey(key)).toBeNull();
    expect(readPlanKey(planKey("plate1", "points/p4"))).toEqual({ implantId: "plate1", parameter: "points/p4" });
  });

  it("a removed implant is no longer listed, and comes back by undo", () => {
    const { docs, editors: [ana] } = two();
    ana.set("plate1", "marginMm", 0.5);
    ana.set("plate1", "isRemoved", true);
    expect(implantsOf(docs[0]).size).toBe(0);
    ana.undo();
    expect(implantsOf(docs[0]).has("plate1")).toBe(true);
  });
});
