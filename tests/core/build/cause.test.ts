import { expect, it } from "vitest";
import { type Cause, causeOf } from "../../../core/build/cause.ts";
import type { Step, StepInput } from "../../../core/build/graph.ts";
import { implantSteps } from "../../../core/build/implantNodes.ts";
import { segmentSteps } from "../../../core/build/nodes.ts";

/** Causes of a graph's steps, in order, as one change makes them. */
function causesOf(before: readonly Step[], after: readonly Step[]): (Cause | null)[] {
  const known = new Map<string, Cause>(), old = new Map(before.map((step): [string, Readonly<Record<string, StepInput>>] => [`${step.subject}:${step.kind.name}`, step.inputs]));
  return after.map((step) => {
    const cause = causeOf(step, old.get(`${step.subject}:${step.kind.name}`), (id) => known.get(id));
    if (cause) known.set(`${step.subject}:${step.kind.name}`, cause);
    return cause;
  });
}

it("a stroke, a change of the plan and another setting are told apart, and told on to what lies below", () => {
  const surface = (voxels: string, iso = 300) => segmentSteps(1, voxels, { volume: "ct", iso });
  expect(causesOf([], surface("a"))).toEqual(["masks", "masks", "masks", "masks"]);
  expect(causesOf(surface("a"), surface("b"))).toEqual(["masks", "masks", "masks", "masks"]);
  expect(causesOf(surface("a"), surface("a", 250))).toEqual(["setting", "setting", "setting", "setting"]);
  expect(causesOf(surface("a"), surface("b", 250))[0]).toBe("masks");
  expect(causesOf(surface("a"), surface("a"))).toEqual([null, null, null, null]);
  const plate = (plan: string, bone: string) => implantSteps("x", { plan, bone, region: "none", scan: "grid" });
  expect(causesOf([], plate("p", "b"))).toEqual(["plan", "plan", "plan"]);
  expect(causesOf(plate("p", "b"), plate("q", "b"))).toEqual(["plan", "plan", "plan"]);
  expect(causesOf(plate("p", "b"), plate("p", "c"))).toEqual(["masks", "masks", "masks"]);
});
