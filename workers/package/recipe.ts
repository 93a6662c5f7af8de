import { fitOf } from "../../core/checks/fit.ts";
import type { CheckReport } from "../../core/checks/criteria.ts";
import { printabilityOf } from "../../core/checks/printability.ts";
import { boneRound } from "../../core/implant/boneRound.ts";
import { buildCranial, cranialNode, type ImplantReport } from "../../core/implant/cranial/build.ts";
import type { CranialPlan } from "../../core/implant/plan.ts";
import { encodeLabelmap, fromDense } from "../../core/mask/labelmap.ts";
import { encodeManifest, type Manifest, type ManifestReport } from "../../core/review/manifest.ts";
import { canonicalBytes } from "../../core/review/canonicalJson.ts";
import type { Grid } from "../../core/space/grid.ts";
import { bitBoxOfDense } from "../../core/surface/bitBox.ts";
import { encodePly } from "../../core/surface/format/ply.ts";
import { encodeThreeMf } from "../../core/surface/format/threeMf.ts";
import { decodeStl, encodeStl } from "../../core/surface/stl.ts";
import { defaultSmooth, surfaceOfBits } from "../../core/surface/surfaceNets.ts";
import { sha256 } from "../cli/command.ts";
import { surfaceNodeVersion } from "../surfaceNode.ts";
import { designReport, designReportNode } from "./designReport.ts";

/** What a package's artifacts are functions of. `volumeHash` alone is enough: the plate's shape uses the labels. */
export interface RecipeInputs {
  plan: CranialPlan;
  grid: Grid;
  labels: Uint8Array;
  volumeHash: string;
  sourceHash: string | null;
  /** Of the version that is packaged, and what was written beside it; null and empty for plain files. */
  version: Manifest["version"];
  prescription: Manifest["prescription"];
  acknowledgements: Manifest["acknowledgements"];
  logs: Manifest["logs"];
  appVersion: string;
}

/** Everything in a package that is computed, by path, and the manifest over it. */
export interface Recipe { files: Map<string, Uint8Array>; manifest: Manifest; manifestHash: string; implant: ImplantReport; checks: CheckReport[] }

const json = (value: unknown): Uint8Array => new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`);

/** The plan as it is packaged: canonical JSON with every default written out. */
export const planBytes = (plan: CranialPlan): Uint8Array => canonicalBytes(plan);

/**
 * Computes all artifacts of a package. Same inputs, same bytes (JB4), so that anybody can compute them again and compare.
 * @throws ImplantRefused where no plate can be built from the plan
 */
export async function makeArtifacts(inputs: RecipeInputs, say: (text: string) => void): Promise<Recipe> {
  const { plan, grid, labels } = inputs;
  const labelmap = sha256(encodeLabelmap(fromDense(grid, labels))), planHash = sha256(planBytes(plan));
  const both = { labelmap, plan: planHash };
  const files = new Map<string, Uint8Array>(), artifacts: Manifest["artifacts"] = [], reports: ManifestReport[] = [];
  const add = (path: string, node: string, of: Record<string, string>, bytes: Uint8Array): string => {
    files.set(path, bytes);
    artifacts.push({ name: path, node, inputs: of, sha256: sha256(bytes) });
    return sha256(bytes);
  };
  say("implant");
  const { mesh, report: implant } = await buildCranial({ plan, grid, labels });
  const stl = encodeStl(mesh);
  const stlHash = add("implant/implant.stl", cranialNode, both, stl);
  add("implant/implant.3mf", cranialNode, both, encodeThreeMf([{ name: "Cranial plate", mesh, material: plan.material }], "Cranial plate"));
  add("implant/report.json", cranialNode, both, json(implant));
  say("bone");
  const box = bitBoxOfDense(grid, labels, plan.bone);
  if (box) add("surfaces/bone.stl", `surface@${surfaceNodeVersion}`, { labelmap }, encodeStl(surfaceOfBits(box.box, grid, { smooth: defaultSmooth }).mesh));
  say("checks");
  // The mesh that is checked is the one in the file, as a reader reads it back.
  const asRead = decodeStl(stl), of = { ...both, implant: stlHash };
  const fit = fitOf(asRead, boneRound(grid, labels, plan.bone, asRead.positions), plan.marginMm);
  const print = printabilityOf(asRead, plan.material);
  for (const { report, name, values, title } of [{ report: fit.report, name: "gapMm", values: fit.gapMm, title: "fit" }, { report: print.report, name: "thicknessMm", values: print.thicknessMm, title: "print" }]) {
    const hash = add(`checks/${title}.json`, report.node, of, json({ ...report, inputs: of }));
    add(`checks/${title}.ply`, report.node, of, encodePly(asRead, { name, values }));
    reports.push({ check: title, node: report.node, inputs: of, sha256: hash, verdict: report.verdict });
  }
  say("report");
  const checks = [fit.report, print.report];
  const pdf = await designReport({ plan, version: inputs.version, prescription: inputs.prescription, implant, checks, hashes: { volume: inputs.volumeHash, labelmap, plan: planHash, implant: stlHash }, acknowledgements: inputs.acknowledgements });
  add("report.pdf", designReportNode, of, pdf);
  const manifest: Manifest = {
    format: "caseroom manifest 1", app: { name: "Caseroom", version: inputs.appVersion }, version: inputs.version, logs: [...inputs.logs],
    volume: inputs.volumeHash, labelmap, plan: planHash, source: inputs.sourceHash, prescription: inputs.prescription, artifacts, reports,
    acknowledgements: [...inputs.acknowledgements],
    leftOut: [
      { what: "DICOM SEG of the labelmap", why: inputs.sourceHash === null ? "no source was given" : "this version of Caseroom does not write it" },
      { what: "Encapsulated STL", why: inputs.sourceHash === null ? "no source was given" : "this version of Caseroom does not write it" },
    ],
  };
  const bytes = encodeManifest(manifest);
  files.set("manifest.json", bytes);
  return { files, manifest, manifestHash: sha256(bytes), implant, checks };
}
