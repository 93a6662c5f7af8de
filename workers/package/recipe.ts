import { fitFor } from "../../core/checks/fit.ts";
import { type CheckReport, judged, worstOf } from "../../core/checks/criteria.ts";
import type { ScanPlace } from "../../core/checks/scanPlace.ts";
import { printFor } from "../../core/checks/printability.ts";
import { boneRound } from "../../core/implant/boneRound.ts";
import { buildCranial, cranialNode, type ImplantReport } from "../../core/implant/cranial/build.ts";
import { thinnestWall } from "../../core/implant/thickness.ts";
import type { CranialPlan } from "../../core/implant/plan.ts";
import { fitNode, implantNode, noRegion, planFor, printNode, scanOfGrid } from "../../core/build/implantNodes.ts";
import { nodeKey } from "../../core/build/node.ts";
import { encodeLabelmap, fromDense, segmentHash } from "../../core/mask/labelmap.ts";
import { encodeManifest, type Manifest, type ManifestReport } from "../../core/review/manifest.ts";
import { canonicalBytes } from "../../core/review/canonicalJson.ts";
import { drawSlice, slicePlanes } from "../../core/review/keySlices.ts";
import type { Grid } from "../../core/space/grid.ts";
import { encodePng } from "../../core/surface/format/png.ts";
import { drawParts } from "../../core/surface/picture.ts";
import { encodePly } from "../../core/surface/format/ply.ts";
import { encodeThreeMf } from "../../core/surface/format/threeMf.ts";
import { encodeStl } from "../../core/surface/stl.ts";
import { encodeMesh } from "../../core/surface/meshBlob.ts";
import { sha256 } from "../cli/command.ts";
import { surfaceNodeVersion } from "../surfaceNode.ts";
import { packagePaths } from "./contents.ts";
import { dicomFilesOf, dicomParts, dicomSegPath, dicomStlsOf } from "./dicomPart.ts";
import { isSurfaceOf, type PackagedSurface, packagedSurfaces, type SurfaceInputs } from "./surfaces.ts";
import type { Told } from "./testimony.ts";
import { designReport, designReportNode } from "./designReport.ts";

/** What a package's artifacts are functions of. The plate's shape uses the labels alone; `hu` is for the bone's surface and the pictures. */
export interface RecipeInputs {
  plan: CranialPlan;
  grid: Grid;
  labels: Uint8Array;
  hu: Int16Array;
  /** Where the scan lies, where it does not end at the volume's faces. */
  scan: ScanPlace | null;
  volumeHash: string;
  /** source.json of the import, where there is one. */
  source: Uint8Array | null;
  /** Names and colours of the label values, where they have any, and the HU that their surfaces follow. */
  segments?: Manifest["segments"];
  /** Of the version that is packaged, and what was written beside it; null and empty for plain files. */
  version: Manifest["version"];
  prescription: Manifest["prescription"];
  acknowledgements: Manifest["acknowledgements"];
  logs: Manifest["logs"];
  /** What people said of the version; nothing for plain files. */
  told: Told;
  appVersion: string;
  /**
   * The package holds the CT with its face covered only: slices of the CT, which show the face in profile, stay out, and so do
   * surfaces and SEG of the label values that this gives of the implant's STL: those that reach under the cover.
   */
  underCover?: (implant: Uint8Array) => readonly number[];
  /** Hash of the whole labelmap, where `labels` lacks what lies under the cover. */
  wholeLabelmap?: string;
  /** Files of the package, where the CT is not at hand whole: surfaces that follow it are taken as they are instead of made again. */
  asPacked?: SurfaceInputs["asPacked"];
  /** Surfaces that the build graph holds already. */
  graphMeshes?: SurfaceInputs["graphMeshes"];
}

/** Name and version of the pictures' drawing. */
export const pictureNode = "reviewPicture@2";
/** Name and version of the report whether an implant is sound and as planned. */
export const implantSoundnessNode = "implantSoundness@2";
const boneRgb = [232, 214, 180] as const, plateRgb = [79, 156, 249] as const;

/** What of a recipe does not depend on the version that is packaged: the design and what is computed of it. */
export interface Design { files: Map<string, Uint8Array>; artifacts: Manifest["artifacts"]; reports: ManifestReport[]; leftOut: Manifest["leftOut"]; underCover: readonly number[]; implant: ImplantReport; checks: CheckReport[]; labelmap: string; planHash: string; implantHash: string }

/** Everything in a package that is computed, by path, and the manifest over it. */
export interface Recipe { files: Map<string, Uint8Array>; manifest: Manifest; manifestHash: string }

const json = (value: unknown): Uint8Array => new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`);

/** A grid as a manifest holds it. */
export const plainGrid = ({ dims, spacing, origin }: Grid): Manifest["grid"] => ({ dims: [dims[0], dims[1], dims[2]], spacing: [spacing[0], spacing[1], spacing[2]], origin: [origin[0], origin[1], origin[2]] });

/** The plan as it is packaged: canonical JSON with every default written out. */
export const planBytes = (plan: CranialPlan): Uint8Array => canonicalBytes(plan);

/** Whether the implant is sound and as planned (CK12), as a report of its own: what a version needs before it can be signed. */
function soundnessReport({ soundness, criteria: planned, method, numbers }: ImplantReport): CheckReport {
  const { openEdges, nonManifoldEdges, nonManifoldVertices, selfIntersections } = soundness;
  const one = (id: string, what: string, value: number) => judged({ id, what, value, unit: "", pass: 0, fail: 0, isLeast: false, source: "MQ1" });
  const criteria = [
    one("openEdges", "Open edges", openEdges), one("nonManifoldEdges", "Non-manifold edges", nonManifoldEdges),
    one("nonManifoldVertices", "Non-manifold vertices", nonManifoldVertices), one("selfIntersections", "Self-intersections", selfIntersections), ...planned,
  ];
  return { check: "soundness", node: implantSoundnessNode, method: `Edges and vertices counted as a reader of the file would weld them; pairs of triangles that cross by more than 0.001 mm. ${method}`, verdict: worstOf(criteria), criteria, numbers: { ...soundness, ...numbers }, isPreview: false };
}

/**
 * Computes the implant, its checks and pictures. Same inputs, same bytes (JB4), so that anybody can compute them again and
 * compare. @param segments names of the surfaces, and the HU that they follow (SF4), as the room shows them; the mask's alone without. @throws ImplantRefused where no plate can be built from the plan
 */
export async function makeDesign({ plan, grid, labels, hu, scan, segments = [], asPacked, graphMeshes, underCover, wholeLabelmap }: Pick<RecipeInputs, "plan" | "grid" | "labels" | "hu" | "scan" | "segments" | "asPacked" | "graphMeshes" | "underCover" | "wholeLabelmap">, volumeHash: string, say: (text: string) => void): Promise<Design> {
  const labelmap = wholeLabelmap ?? sha256(encodeLabelmap(fromDense(grid, labels))), planHash = sha256(planBytes(plan));
  const both = { labelmap, plan: planHash };
  const files = new Map<string, Uint8Array>(), artifacts: Manifest["artifacts"] = [], reports: ManifestReport[] = [];
  const add = (path: string, node: string, of: Record<string, string>, bytes: Uint8Array, measured?: PackagedSurface["measured"]): string => {
    files.set(path, bytes);
    artifacts.push({ name: path, node, inputs: of, sha256: sha256(bytes), ...measured });
    return sha256(bytes);
  };
  say("implant");
  const { mesh, report: implant } = await buildCranial({ plan, grid, labels });
  const stl = encodeStl(mesh), walls = { thinnestWall: thinnestWall(mesh) };
  const implantHash = add("implant/implant.stl", cranialNode, both, stl, walls);
  add("implant/implant.3mf", cranialNode, both, encodeThreeMf([{ name: "Cranial plate", mesh, material: plan.material }], "Cranial plate"), walls);
  add("implant/report.json", cranialNode, both, json(implant));
  const hidden = underCover?.(stl) ?? [];
  say("surfaces");
  const { surfaces, leftOut, bone } = packagedSurfaces({ grid, labels, hu, bone: plan.bone, segments, volume: volumeHash, labelmap, plan: planHash, asPacked, graphMeshes, underCover: hidden });
  for (const { path, inputs, stl: file, measured } of surfaces) add(path, `surface@${surfaceNodeVersion}`, inputs, file, measured);
  say("checks");
  const of = { ...both, implant: implantHash };
  // As the graph's nodes do: the report of a version is the one that the room shows, and a judgement given there counts here.
  const fit = fitFor(plan, mesh, boneRound(grid, labels, plan.bone, mesh.positions), grid, labels, scan), scanHash = scan && sha256(canonicalBytes(scan)), segmented = fromDense(grid, labels), boneHash = segmentHash(segmented, plan.bone);
  const keyed = (node: string) => ({ implant: sha256(encodeMesh(mesh)), plan: sha256(planBytes(planFor(node, plan))) }), known: Record<string, string> = {
    fit: nodeKey(fitNode, { ...keyed(fitNode.name), bone: boneHash, scan: scanHash ?? scanOfGrid }), print: nodeKey(printNode, keyed(printNode.name)),
    soundness: nodeKey(implantNode, { plan: sha256(planBytes(planFor(implantNode.name, plan))), bone: boneHash, region: plan.region === null ? noRegion : segmentHash(segmented, plan.region) }),
  };
  const print = printFor(plan, mesh), checks = [fit.report, print.report, soundnessReport(implant)];
  const fitted = { ...of, ...scanHash && { scan: scanHash } };
  add("checks/fit.ply", fit.report.node, fitted, encodePly(mesh, { name: "gapMm", values: fit.gapMm }));
  add("checks/print.ply", print.report.node, of, encodePly(mesh, { name: "thicknessMm", values: print.thicknessMm }));
  for (const report of checks) {
    const name = report === print.report ? "print" : report.check, inputs = report === fit.report ? fitted : of;
    reports.push({ check: name, node: report.node, inputs: { ...inputs, ...(known[name] && { artifact: known[name] }) }, sha256: add(`checks/${name}.json`, report.node, inputs, json({ ...report, inputs })), verdict: report.verdict });
  }
  say("pictures");
  const seen = { ...of, volume: volumeHash }, centre = implant.defect.centreRas;
  // From where the defect faces, a little above; a defect on top is seen from its side of the front.
  const middle = grid.dims.map((n, i) => grid.origin[i] + ((n - 1) / 2) * grid.spacing[i]);
  const out = [centre[0] - middle[0], centre[1] - middle[1]], from = [out[0] === 0 && out[1] === 0 ? 1 : out[0], out[1], 0.35 * Math.sqrt(out[0] * out[0] + out[1] * out[1]) + 1] as const;
  const parts = [...(bone ? [{ mesh: bone, rgb: boneRgb, isSmooth: true }] : []), { mesh, rgb: plateRgb, isSmooth: true }];
  add("pictures/implant.png", pictureNode, seen, encodePng(drawParts(parts, 780, 600, from), true));
  if (!underCover) for (const { name, axis } of slicePlanes) add(`pictures/${name}.png`, pictureNode, seen, encodePng(drawSlice({ grid, hu, labels, bone: plan.bone, implant: mesh }, axis, centre[axis]), true));
  return { files, artifacts, reports, leftOut, underCover: hidden, implant, checks, labelmap, planHash, implantHash };
}

/** The design report of a design, as a version (or plain files) tells it. */
export function reportOf(design: Pick<Design, "implant" | "checks" | "labelmap" | "planHash" | "implantHash"> & Told & { picture: (name: string) => Uint8Array | undefined }, { plan, volumeHash, version, prescription, acknowledgements, logs }: Pick<RecipeInputs, "plan" | "volumeHash" | "version" | "prescription" | "acknowledgements" | "logs">): Promise<Uint8Array> {
  const { implant, checks, labelmap, planHash, implantHash, picture, signatures, judgements } = design;
  const pictures = [{ name: "implant", title: "Bone and implant" }, ...slicePlanes.map(({ name }) => ({ name, title: `CT, ${name}: bone mask amber, implant blue` }))].flatMap(({ name, title }) => {
    const png = picture(`pictures/${name}.png`);
    return png ? [{ title, png }] : [];
  });
  return designReport({ plan, version, isDraft: version === null && logs.length > 0, prescription, implant, checks, pictures, signatures, judgements, hashes: { volume: volumeHash, labelmap, plan: planHash, implant: implantHash }, acknowledgements });
}

/** What a package without a source series leaves out, and why. */
export const alwaysLeftOut = (hasSource: boolean, why = "no source was given"): Manifest["leftOut"] => (hasSource ? [] : dicomParts.map((what) => ({ what, why })));

/** What a package whose CT has a covered face leaves out, and why. */
export const leftOutOfDefaced: Manifest["leftOut"] = [{ what: "CT as it is", why: `it shows the face; ${packagePaths.defaced} is the CT with the face covered` }, { what: "Slices of the CT", why: "they show the face in profile" }];
const leftOutUnderCover = (hasSource: boolean): Manifest["leftOut"] => [
  { what: "Labels under the face's cover", why: `they show the face; ${packagePaths.defacedLabels} is the labelmap without them` }, ...hasSource ? [{ what: dicomParts[0], why: "its segments show the face" }] : [],
];
/** Files that such a package must not hold. @param underCover label values that reach under the cover */
export const showsFace = (path: string, underCover: readonly number[]): boolean => slicePlanes.some(({ name }) => path === `pictures/${name}.png`)
  || (underCover.length > 0 && (path === packagePaths.labels || path === dicomSegPath)) || underCover.some((value) => isSurfaceOf(path, value));

/** Computes all artifacts of a package of plain files, or of a version once more. @throws ImplantRefused */
export async function makeArtifacts(inputs: RecipeInputs, say: (text: string) => void): Promise<Recipe> {
  const design = await makeDesign(inputs, inputs.volumeHash, say), { files, artifacts, reports, labelmap, planHash, implantHash } = design;
  const sourceHash = inputs.source && sha256(inputs.source);
  if (inputs.source && sourceHash !== null) {
    say("DICOM");
    const { grid, labels, segments = [], version } = inputs, stls = dicomStlsOf(artifacts, (name) => files.get(name));
    for (const { path, node, inputs: of, bytes } of dicomFilesOf({ grid, labels, source: { bytes: inputs.source, hash: sourceHash }, labelmap, segments, at: version?.frozenAt ?? null, stls, isSegLeftOut: design.underCover.length > 0 })) {
      files.set(path, bytes);
      artifacts.push({ name: path, node, inputs: of, sha256: sha256(bytes) });
    }
  }
  say("report");
  const pdf = await reportOf({ ...design, ...inputs.told, picture: (name) => files.get(name) }, inputs);
  files.set("report.pdf", pdf);
  // A version's report tells of the version, so it is made after it; that of plain files is one of their artifacts.
  if (inputs.version === null) artifacts.push({ name: "report.pdf", node: designReportNode, inputs: { labelmap, plan: planHash, implant: implantHash }, sha256: sha256(pdf) });
  const manifest: Manifest = {
    format: "caseroom manifest 1", app: { name: "Caseroom", version: inputs.appVersion }, version: inputs.version, logs: [...inputs.logs],
    grid: plainGrid(inputs.grid), ...inputs.segments && { segments: inputs.segments }, volume: inputs.volumeHash, labelmap, plan: planHash, source: sourceHash, ...inputs.scan && { scan: sha256(canonicalBytes(inputs.scan)) }, prescription: inputs.prescription, artifacts, reports,
    acknowledgements: [...inputs.acknowledgements], leftOut: [...alwaysLeftOut(sourceHash !== null), ...design.leftOut, ...inputs.underCover ? leftOutOfDefaced : [], ...design.underCover.length > 0 ? leftOutUnderCover(sourceHash !== null) : []],
  };
  if (inputs.scan) files.set(packagePaths.scan, canonicalBytes(inputs.scan));
  const bytes = encodeManifest(manifest);
  files.set("manifest.json", bytes);
  return { files, manifest, manifestHash: sha256(bytes) };
}
