import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { GraphError, statesOf, type Step, stepId } from "../../../core/build/graph.ts";
import { nodeId, NodeInputError, nodeKey, type NodeKind } from "../../../core/build/node.ts";
import { nodeKinds, segmentSteps } from "../../../core/build/nodes.ts";

const kind = (name: string, inputs: string[], version = 1): NodeKind => ({ name, version, inputs, priority: 0 });

describe("keys", () => {
  it("JB2: name the node, its version and each input; order of the inputs means nothing", () => {
    const one = kind("a", ["x", "y"]);
    expect(nodeKey(one, { x: "1", y: "2" })).toBe(nodeKey(kind("a", ["y", "x"]), { y: "2", x: "1" }));
    const others = [nodeKey(kind("a", ["x", "y"], 2), { x: "1", y: "2" }), nodeKey(kind("b", ["x", "y"]), { x: "1", y: "2" }), nodeKey(one, { x: "2", y: "1" }), nodeKey(one, { x: "1", y: "3" })];
    expect(new Set([nodeKey(one, { x: "1", y: "2" }), ...others]).size).toBe(5);
    // Golden: a change of this line makes every artifact unknown.
    expect(nodeKey(one, { x: "1", y: "2" })).toBe("f40a834dc615e9ba8b50719e4bd69f38ef5ae2c89f6a3f83fd317fd2a4ddfb95");
  });
  it("refuse a missing, an unknown and an ambiguous input", () => {
    const one = kind("a", ["x"]);
    for (const inputs of [{}, { x: "1", z: "1" }, { x: "" }, { x: "1\ny=2" }]) expect(() => nodeKey(one, inputs as Record<string, string>)).toThrow(NodeInputError);
  });
  it("every kind has a name of its own", () => {
    expect(new Set(nodeKinds.map(({ name }) => name)).size).toBe(nodeKinds.length);
  });
});

describe("the graph", () => {
  it("makes what is above first, and goes on with the hash of the result", () => {
    const steps = segmentSteps(3, "voxels").slice(0, 2), results = new Map<string, string>();
    const states = () => statesOf(steps, (key) => results.get(key));
    expect(states().map(({ state }) => state)).toEqual(["ready", "waiting"]);
    results.set(states()[0].key ?? "", "mesh");
    expect(states().map(({ state }) => state)).toEqual(["current", "ready"]);
    expect(states()[1].key).toBe(nodeKey(steps[1].kind, { bricks: "mesh" }));
    results.set(states()[1].key ?? "", "report");
    expect(states().map(({ state }) => state)).toEqual(["current", "current"]);
    // Other voxels with the same surface: nothing below is made again.
    const [surface] = statesOf(segmentSteps(3, "other").slice(0, 2), (key) => results.get(key));
    results.set(surface.key ?? "", "mesh");
    expect(statesOf(segmentSteps(3, "other").slice(0, 2), (key) => results.get(key)).map(({ state }) => state)).toEqual(["current", "current"]);
  });

  it("refuses circles, doubles and inputs from nowhere", () => {
    const a = kind("a", ["x"]), b = kind("b", ["x"]);
    const circle: Step[] = [{ kind: a, subject: "s", inputs: { x: { of: "s:b" } } }, { kind: b, subject: "s", inputs: { x: { of: "s:a" } } }];
    expect(() => statesOf(circle, () => undefined)).toThrow(/needs itself/);
    const alone: Step = { kind: a, subject: "s", inputs: { x: { hash: "1" } } };
    expect(() => statesOf([alone, alone], () => undefined)).toThrow(GraphError);
    expect(() => statesOf([circle[0]], () => undefined)).toThrow(/not there/);
  });

  it("JB2: made step by step in any order, random graphs end with each step made once, and a changed input remakes only what lies below it", () => {
    const graphs = fc.record({ size: fc.integer({ min: 1, max: 12 }), seed: fc.infiniteStream(fc.nat(1000)), changed: fc.nat(11) });
    fc.assert(fc.property(graphs, ({ size, seed, changed }) => {
      const next = () => seed.next().value ?? 0;
      // Each step needs some of those before it, so there is no circle.
      const needs = Array.from({ length: size }, (_, i) => Array.from({ length: i }, (__, j) => j).filter(() => next() % 3 === 0));
      const stepsFor = (version: number): Step[] => needs.map((above, i) => ({
        kind: kind(`n${i}`, ["own", ...above.map((j) => `i${j}`)]), subject: "s",
        inputs: { own: { hash: i === changed % size ? `v${version}` : "same" }, ...Object.fromEntries(above.map((j) => [`i${j}`, { of: `s:n${j}` }])) },
      }));
      const results = new Map<string, string>();
      const make = (steps: Step[]): string[] => {
        const made: string[] = [];
        for (;;) {
          const ready = statesOf(steps, (key) => results.get(key)).filter(({ state }) => state === "ready");
          if (ready.length === 0) return made;
          const { step, key } = ready[next() % ready.length];
          made.push(stepId(step));
          results.set(key ?? "", `result of ${key}`);
        }
      };
      expect(make(stepsFor(1)).sort()).toEqual(stepsFor(1).map(stepId).sort());
      const below = new Set([changed % size]);
      for (let i = 0; i < size; i++) if (needs[i].some((j) => below.has(j))) below.add(i);
      expect(make(stepsFor(2)).sort()).toEqual([...below].map((i) => `s:n${i}`).sort());
      expect(make(stepsFor(1))).toEqual([]);
    }), { numRuns: 200 });
  });

  it("names nodes as the command line does", () => {
    expect(nodeId(kind("surface", [], 3))).toBe("surface@3");
  });
});
