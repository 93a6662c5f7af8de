import { fitFor } from "../core/checks/fit.ts";
import type { CheckReport } from "../core/checks/criteria.ts";
import { scanPlace } from "../core/checks/scanPlace.ts";
import { printFor } from "../core/checks/printability.ts";
import { boneInBox, boxRound } from "../core/implant/boneRound.ts";
import { buildPlate, prepareDefect, type PreparedDefect } from "../core/implant/cranial/build.ts";
import { type CranialPlan, readPlan } from "../core/implant/plan.ts";
import { ImplantRefused } from "../core/implant/refusal.ts";
import { decodeLabelmap, denseLabels } from "../core/mask/labelmap.ts";
import type { Grid } from "../core/space/grid.ts";
import type { Mesh } from "../core/surface/mesh.ts";
import { decodeMesh, encodeMesh } from "../core/surface/meshBlob.ts";
import { buildTriangleTree, type TriangleTree } from "../core/surface/triangleTree.ts";
import { type NodeAnswer, NodeRefused, type NodeQuestion } from "./nodeQuestion.ts";

/** A plan's canonical bytes, read. */
function planFrom(bytes: Uint8Array): CranialPlan {
  const read = readPlan(JSON.parse(new TextDecoder().decode(bytes)));
  if ("faults" in read) throw new Error(`the stored plan does not read: ${read.faults[0]?.message}`);
  return read.plan;
}

function labelsFrom(bytes: Uint8Array): { grid: Grid; labels: Uint8Array } {
  const labelmap = decodeLabelmap(bytes);
  return { grid: labelmap.grid, labels: denseLabels(labelmap) };
}

/** The labels read last, by the hash of the bone's own voxels: what else is in the labelmap does not matter to a fit. */
let read: { key: string; labels: ReturnType<typeof labelsFrom> } | null = null;

function labelsFor(plan: CranialPlan, bytes: Uint8Array, hashes: NodeQuestion["hashes"]): ReturnType<typeof labelsFrom> {
  const key = hashes ? JSON.stringify([hashes.bone, plan.bone]) : null;
  if (key !== null && read?.key === key) return read.labels;
  const labels = labelsFrom(bytes);
  read = key === null ? null : { key, labels };
  return labels;
}

/** The bone that a fit was measured to last; plates of one defect nearly always have the same box of it. */
let measuredTo: { key: string; tree: TriangleTree } | null = null;

function boneTreeFor(plan: CranialPlan, implant: Mesh, { grid, labels }: ReturnType<typeof labelsFrom>, hashes: NodeQuestion["hashes"]): TriangleTree {
  const box = boxRound(grid, implant.positions), key = hashes ? JSON.stringify([hashes.bone, plan.bone, box]) : null;
  if (key !== null && measuredTo?.key === key) return measuredTo.tree;
  const tree = buildTriangleTree(boneInBox(grid, labels, plan.bone, box));
  measuredTo = key === null ? null : { key, tree };
  return tree;
}

/** A check's map (float32 a vertex of the implant) with its report as facts. */
const checked = (map: Float32Array, report: CheckReport): NodeAnswer => ({ content: new Uint8Array(map.buffer.slice(map.byteOffset, map.byteOffset + map.byteLength)), facts: { ...report } });

/** What the last plate was made in; another plan in the same bone, region and reference needs no new one. */
let prepared: { key: string; defect: PreparedDefect } | null = null;

function defectFor(plan: CranialPlan, { inputs, hashes }: NodeQuestion): PreparedDefect {
  const key = hashes ? JSON.stringify([hashes.bone, hashes.region, plan.bone, plan.region, plan.outline, plan.reference]) : null;
  if (key !== null && prepared?.key === key) return prepared.defect;
  const defect = prepareDefect({ plan, ...labelsFrom(inputs.labelmap) });
  prepared = key === null ? null : { key, defect };
  return defect;
}

/** The nodes of an implant: the plate (mesh, with its report as facts), and its checks. */
export const implantNodes: Readonly<Record<string, (question: NodeQuestion) => NodeAnswer | Promise<NodeAnswer>>> = {
  implant: async (question) => {
    try {
      const plan = planFrom(question.inputs.plan), { mesh, report } = await buildPlate(plan, defectFor(plan, question));
      return { content: encodeMesh(mesh), facts: { ...report } };
    } catch (error) {
      if (error instanceof ImplantRefused) throw new NodeRefused(error.message);
      throw error;
    }
  },
  fit: ({ inputs, hashes }) => {
    const plan = planFrom(inputs.plan), mesh = decodeMesh(inputs.implant), labelled = labelsFor(plan, inputs.labelmap, hashes);
    const tree = boneTreeFor(plan, mesh, labelled, hashes), { gapMm, report } = fitFor(plan, mesh, tree.mesh, labelled.grid, labelled.labels, inputs.scan ? scanPlace.parse(JSON.parse(new TextDecoder().decode(inputs.scan))) : null, tree);
    return checked(gapMm, report);
  },
  print: ({ inputs }) => {
    const { thicknessMm, report } = printFor(planFrom(inputs.plan), decodeMesh(inputs.implant));
    return checked(thicknessMm, report);
  },
};
