import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { readMesh } from "../../../core/surface/meshFile.ts";
import { encodeStl } from "../../../core/surface/stl.ts";
import { encodeNifti } from "../../../core/volume/nifti.ts";
import { run as check } from "../../../workers/cli/check.ts";
import { run as implant } from "../../../workers/cli/implant.ts";
import { vault } from "../../core/implant/vault.ts";

const folder = mkdtempSync(join(tmpdir(), "caseroom-implant-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = (name: string) => join(folder, name);
const write = (name: string, text: string | Uint8Array) => { writeFileSync(file(name), text); return file(name); };
const { grid, labels } = vault([{ direction: [0.8, -0.2, 0.55], radiusMm: 15 }], 2);
const labelsFile = write("labels.nii", encodeNifti({ grid, data: labels }));
const plan = write("plan.json", JSON.stringify({ family: "cranial", bone: 1, region: null, thickness: 4, marginMm: 0.5, bevelDeg: 5, perforation: null, fixation: null, material: "peek-machined" }));

describe("implant and check on plain files", { timeout: 400_000 }, () => {
  it("writes the three files, the same bytes twice, and checks them", async () => {
    const first = await implant(["--plan", plan, "--labels", labelsFile, "--out", file("a")]);
    expect(first).toMatchObject({ exitCode: 0, line: { ok: true, kind: "implant", node: "implant@19", soundness: { openEdges: 0, selfIntersections: 0, components: 1 } } });
    expect(readdirSync(file("a")).sort()).toEqual(["implant.3mf", "implant.stl", "report.json"]);
    await implant(["--plan", plan, "--labels", labelsFile, "--out", file("b")]);
    for (const name of ["implant.3mf", "implant.stl", "report.json"]) expect(readFileSync(join(file("b"), name)).equals(readFileSync(join(file("a"), name)))).toBe(true);
    const checked = await check(["--plan", plan, "--implant", join(file("a"), "implant.stl"), "--labels", labelsFile, "--out", file("c")]);
    expect(checked).toMatchObject({ exitCode: 0, line: { ok: true, kind: "check" } });
    expect(readdirSync(file("c")).sort()).toEqual(["fit.json", "fit.ply", "print.json", "print.ply"]);
    const fit = JSON.parse(readFileSync(join(file("c"), "fit.json"), "utf8"));
    expect([fit.numbers.overlap.points, fit.node]).toEqual([0, "fit@6"]);
    // The same plate in RAS: x and y of its LPS points the other way.
    const { mesh: plate } = readMesh(new Uint8Array(readFileSync(join(file("a"), "implant.stl"))), "implant.stl");
    const turned = write("ras.stl", encodeStl({ ...plate, positions: plate.positions.map((x, i) => (i % 3 === 2 ? x : -x)) }));
    expect(await check(["--plan", plan, "--implant", turned, "--space", "ras", "--labels", labelsFile, "--only", "fit", "--out", file("e")])).toMatchObject({ exitCode: 0 });
    expect(JSON.parse(readFileSync(join(file("e"), "fit.json"), "utf8")).numbers).toEqual(fit.numbers);
    expect(await check(["--plan", plan, "--implant", turned, "--space", "rsa", "--labels", labelsFile, "--out", file("e")])).toMatchObject({ exitCode: 2 });
    expect(readFileSync(join(file("c"), "fit.ply")).subarray(0, 400).toString("latin1")).toContain("property float gapMm");
  });

  it("counts overhang for the plan's direction of build", async () => {
    const lying = write("lying.json", JSON.stringify({ family: "cranial", bone: 1, material: "ti6al4v-lpbf", thickness: 1, buildDirection: [0.8, -0.2, 0.55] }));
    const overhang = async (planFile: string, out: string): Promise<{ areaMm2: number; up: number[] }> => {
      expect(await check(["--plan", planFile, "--implant", join(file("a"), "implant.stl"), "--labels", labelsFile, "--only", "print", "--out", file(out)])).toMatchObject({ exitCode: 0 });
      return JSON.parse(readFileSync(join(file(out), "print.json"), "utf8")).numbers.overhang;
    };
    const up = write("up.json", JSON.stringify({ family: "cranial", bone: 1, material: "ti6al4v-lpbf", thickness: 1 })), [standing, flat] = [await overhang(up, "up"), await overhang(lying, "lying")];
    expect([standing.up, flat.up.map((x) => Math.round(x * 1000) / 1000)]).toEqual([[0, 0, 1], [0.807, -0.202, 0.555]]);
    // A plate that lies on its hollow side overhangs with all of that side; one that leans does with less.
    expect(flat.areaMm2).toBeGreaterThan(standing.areaMm2 * 1.2);
  });

  it("refuses with exit 3 and leaves nothing behind", async () => {
    const bad = write("bad.json", JSON.stringify({ family: "cranial", bone: 1, colour: "red" }));
    expect(await implant(["--plan", bad, "--labels", labelsFile, "--out", file("d")])).toMatchObject({ exitCode: 3, line: { ok: false, error: { code: "plan", details: { faults: [{ key: "colour" }] } } } });
    const noBone = write("noBone.json", JSON.stringify({ family: "cranial", bone: 7 }));
    expect(await implant(["--plan", noBone, "--labels", labelsFile, "--out", file("d")])).toMatchObject({ exitCode: 3, line: { error: { code: "bone-absent" } } });
    expect(await check(["--plan", plan, "--implant", plan, "--labels", labelsFile, "--only", "stress", "--out", file("d")])).toMatchObject({ exitCode: 3, line: { error: { code: "not-yet-available" } } });
    expect(await check(["--plan", plan, "--implant", plan, "--labels", labelsFile, "--out", file("d")])).toMatchObject({ exitCode: 3 });
    expect(await implant(["--plan", plan])).toMatchObject({ exitCode: 2 });
    expect(await check(["--plan", plan, "--implant", plan, "--labels", labelsFile, "--only", "beauty", "--out", file("d")])).toMatchObject({ exitCode: 2 });
    expect(readdirSync(folder)).not.toContain("d");
  });
});
