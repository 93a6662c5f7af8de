// Accuracy of the cranial reconstruction on a real head: bone is cut out of the CT and labels at ten sites, rebuilt
// full thickness without a gap, and compared with what was removed. Pure mirror and pure spline run in the same cases.
// `BENCH_SITES=vertex,occiput` and `BENCH_RADII=25` take a part only; the head CT of ../shared/data is needed.
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { skullOf } from "../../core/implant/cranial/bone.ts";
import { buildCranial } from "../../core/implant/cranial/build.ts";
import { cubeCell, headOf } from "../../core/implant/cranial/head.ts";
import { readPlan } from "../../core/implant/plan.ts";
import { encodeStl } from "../../core/surface/stl.ts";
import { readNifti, sha256 } from "../../workers/cli/command.ts";
import { cut, radiiMm, sinusSite, sites } from "./cranial/sites.ts";
import { score, voxelsInside } from "./cranial/score.ts";
import { quantile, report, type Row } from "./measure.ts";

const source = "../shared/data/head_ct_0051";
const references = ["blend", "mirror", "spline"] as const;

function headVolume(): ReturnType<typeof readNifti> {
  const folder = mkdtempSync(join(tmpdir(), "caseroom-cranial-"));
  try {
    execFileSync(process.execPath, ["workers/job.mjs", "import", "--in", source, "--use-regular-part", "--out", folder], { stdio: ["ignore", "ignore", "inherit"] });
    return readNifti(readFileSync(join(folder, "volume.nii.gz")), "volume.nii.gz");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const planFor = (reference: string) => {
  const read = readPlan({ family: "cranial", bone: 1, region: 2, thickness: "bone", marginMm: 0, bevelDeg: 0, perforation: null, fixation: null, material: "peek-machined", reference });
  if ("faults" in read) throw new Error(JSON.stringify(read.faults));
  return read.plan;
};
const mean = (values: number[]): number => values.reduce((sum, x) => sum + x, 0) / Math.max(1, values.length);

async function bench(): Promise<void> {
  const volume = headVolume(), labels = Uint8Array.from(volume.hu, (hu) => hu >= 226 ? 1 : 0);
  const skull = skullOf(volume.grid, labels, 1), head = headOf(skull);
  const input = { ...volume, skull: skull.inside, centre: head.centre };
  const found: Record<string, { dice: number[]; hd95: number[] }> = {}, ms: number[] = [], sinus: number[] = [];
  let sameBytes = true, refused = 0;
  const only = process.env.BENCH_SITES?.split(",");
  const radii = process.env.BENCH_RADII?.split(",").map(Number) ?? radiiMm;
  for (const site of [...sites, sinusSite]) {
    if (only && !only.includes(site.name)) continue;
    const length = Math.hypot(...site.direction), d = site.direction.map((x) => x / length), radius = head.outer[cubeCell([d[0], d[1], d[2]])];
    const at = d.map((x, i) => head.centre[i] + x * (radius - 3));
    for (const r of radii) for (const shape of ["sphere", "tilted"] as const) {
      const seed = Math.round(r * 7 + site.name.length * 131 + (shape === "sphere" ? 0 : 17));
      const made = cut(input, at, d, r, shape, seed, null), line: string[] = [];
      for (const reference of references) {
        try {
          const begin = performance.now(), { mesh } = await buildCranial({ plan: planFor(reference), grid: volume.grid, labels: made.labels });
          if (reference === "blend") ms.push(performance.now() - begin);
          if (reference === "blend" && r === 25) {
            const other = cut(input, at, d, r, shape, seed, -900);
            const again = await buildCranial({ plan: planFor(reference), grid: volume.grid, labels: other.labels });
            if (sha256(encodeStl(mesh)) !== sha256(encodeStl(again.mesh))) sameBytes = false;
          }
          const s = score(made.removed, voxelsInside(mesh, volume.grid), volume.grid);
          line.push(`${reference} ${s.dice.toFixed(3)} ${s.hd95Mm.toFixed(2)}`);
          if (site === sinusSite) { if (reference === "blend") sinus.push(s.dice); continue; }
          const sum = found[reference] ??= { dice: [], hd95: [] };
          sum.dice.push(s.dice);
          sum.hd95.push(s.hd95Mm);
        } catch (error) {
          if (reference === "blend") refused++;
          line.push(`${reference} ${error instanceof Error ? error.message : "failed"}`);
        }
      }
      console.error(`${site.name} r=${r} ${shape}: ${line.join("  ")}`);
    }
  }
  const blend = found.blend ?? { dice: [], hd95: [] }, dice = mean(blend.dice), mirror = mean(found.mirror?.dice ?? []), spline = mean(found.spline?.dice ?? []);
  const worst = Math.max(...blend.hd95), least = Math.min(...blend.dice);
  const rows: Row[] = [
    { what: "mean Dice", ours: dice, unit: "", target: "≥ 0.93", met: dice >= 0.93, note: `${blend.dice.length} cases, ${refused} refused` },
    { what: "least Dice", ours: least, unit: "", target: "≥ 0.80", met: least >= 0.8 },
    { what: "mean HD95", ours: mean(blend.hd95), unit: "mm", target: "≤ 1.5", met: mean(blend.hd95) <= 1.5 },
    { what: "worst HD95", ours: worst, unit: "mm", target: "≤ 3.5", met: worst <= 3.5 },
    { what: "mean Dice over the pure mirror's", ours: dice, peer: mirror, ratio: dice - mirror, unit: "", target: "≥ +0.03", met: dice - mirror >= 0.03 },
    { what: "mean Dice over the pure spline's", ours: dice, peer: spline, ratio: dice - spline, unit: "", target: "≥ +0.03", met: dice - spline >= 0.03 },
    { what: "left frontal (sinus), least Dice", ours: sinus.length === 0 ? NaN : Math.min(...sinus), unit: "", target: "≥ 0.80", met: sinus.length > 0 && Math.min(...sinus) >= 0.8 },
    { what: "same bytes whatever HU stood in the removed voxels", ours: sameBytes ? 1 : 0, unit: "", target: "1", met: sameBytes },
    { what: "time of one plate, median", ours: quantile(ms, 0.5), unit: "ms", note: "512 × 512 × 107" },
  ];
  report("cranial", rows, { data: "head_ct_0051, HU ≥ 226" });
}

if (existsSync(source)) await bench();
else report("cranial", [], { note: `${source} is absent; nothing was measured` });
