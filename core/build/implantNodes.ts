import type { CranialPlan } from "../implant/plan.ts";
import type { Step } from "./graph.ts";
import type { NodeKind } from "./node.ts";

/** A plate from a plan, the bone and the painted region (each by its own voxels, so that other segments do not matter), and whether it came out as planned. */
export const implantNode: NodeKind = { name: "implant", version: 19, inputs: ["plan", "bone", "region"], priority: 1 };
/** Exact distances from a plate to its bone, and to where the scan cut bone off; `scan`: where that lies (core/checks/scanPlace), or `scanOfGrid`. */
export const fitNode: NodeKind = { name: "fit", version: 6, inputs: ["implant", "plan", "bone", "scan"], priority: 2 };
/** Whether a process can make a plate, and whether it is as thick as plates of its material have to be. */
export const printNode: NodeKind = { name: "print", version: 5, inputs: ["implant", "plan"], priority: 3 };

export const implantNodeKinds: readonly NodeKind[] = [implantNode, fitNode, printNode];

const prefix = "implant/";
/** The subject of what is made of one implant of the plan. */
export const implantSubject = (implantId: string): string => `${prefix}${implantId}`;
/** The implant a subject is of; null for another subject. */
export const implantOfSubject = (subject: string): string | null => (subject.startsWith(prefix) ? subject.slice(prefix.length) : null);

/** Stands for the region where a plan names none. */
export const noRegion = "none";

/** Stands for the place of a scan that ends at its volume's faces. */
export const scanOfGrid = "grid";

/** What of a plan a node of its implant is made of: only the print check looks at the direction that the part is built in. */
export function planFor(node: string, plan: CranialPlan): CranialPlan {
  if (node === printNode.name) return plan;
  const shape = { ...plan };
  delete shape.buildDirection;
  return shape;
}

/** What an implant whose plan reads wants made. All hashes are content hashes, those of the plan of what `planFor` leaves; `region` may be `noRegion`, `scan` `scanOfGrid`. */
export function implantSteps(implantId: string, { plan, printPlan = plan, bone, region, scan }: { plan: string; printPlan?: string; bone: string; region: string; scan: string }): Step[] {
  const subject = implantSubject(implantId), implant = { of: `${subject}:${implantNode.name}` };
  return [
    { kind: implantNode, subject, inputs: { plan: { hash: plan }, bone: { hash: bone }, region: { hash: region } } },
    { kind: fitNode, subject, inputs: { implant, plan: { hash: plan }, bone: { hash: bone }, scan: { hash: scan } } },
    { kind: printNode, subject, inputs: { implant, plan: { hash: printPlan } } },
  ];
}
