import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { beforeAll, describe, expect, it } from "vitest";
import { headCt } from "../../../core/phantom/headCt.ts";
import { boneMarginMm, deface, defaceHu, leastShiftMm } from "../../../core/volume/deface.ts";
import { crop, derive } from "../../../core/volume/derive.ts";
import type { HuVolume } from "../../../core/volume/filters.ts";
import { fineLikeness, frontsMm } from "./faceShape.ts";

const head = headCt(20261123, [128, 128, 100]), { grid } = head, [nx, ny, nz] = grid.dims, hash = (hu: Int16Array) => bytesToHex(sha256(new Uint8Array(hu.buffer, hu.byteOffset, hu.byteLength)));
let made: ReturnType<typeof deface>, changed: number[];

beforeAll(() => {
  made = deface(head);
  changed = [...made.hu.keys()].filter((at) => made.hu[at] !== head.hu[at]);
});

describe("a face is covered, and nothing else is touched", () => {
  it("IM9: bone stays bit for bit, and so does everything within 1.5 mm of it along an axis and the whole head behind the face", () => {
    expect(changed.length).toBeGreaterThan(10_000);
    let touched = 0, back = 0;
    for (const at of changed) {
      const x = at % nx, y = Math.floor(at / nx) % ny;
      if (made.hu[at] !== defaceHu || head.hu[at] >= 226) touched++;
      for (const [p, n, stride, mm] of [[x, nx, 1, grid.spacing[0]], [y, ny, nx, grid.spacing[1]], [Math.floor(at / nx / ny), nz, nx * ny, grid.spacing[2]]]) {
        for (let d = 1; d * mm <= boneMarginMm; d++) for (const sign of [-1, 1]) if (p + sign * d >= 0 && p + sign * d < n && head.hu[at + sign * d * stride] >= 226) touched++;
      }
      if (grid.origin[1] + y * grid.spacing[1] < made.facts.noseRas[1] - 110) back++;
    }
    expect([touched, back]).toEqual([0, 0]);
  });

  it("IM9: seen from the front, skin lies at least 6 mm farther forward everywhere in the face, and its fine shape is gone", () => {
    const before = frontsMm(head), after = frontsMm(made), end = grid.origin[1] + (ny - 1) * grid.spacing[1], shifts: number[] = [];
    for (let k = 0; k < nz; k++) for (let i = 0; i < nx; i++) if (before[i + nx * k] === before[i + nx * k] && after[i + nx * k] !== before[i + nx * k] && after[i + nx * k] < end - 1e-9) shifts.push(after[i + nx * k] - before[i + nx * k]);
    expect(Math.min(...shifts)).toBeGreaterThanOrEqual(leastShiftMm);
    expect(made.facts.leastShiftMm).toBeCloseTo(Math.min(...shifts), 2);
    // Nose, eyes and mouth lie within: 35 mm beside the nose, from its tip to 20 mm above and 45 mm below.
    const [xNose, , zNose] = made.facts.noseRas;
    let bare = 0;
    for (let k = 0; k < nz; k++) for (let i = 0; i < nx; i++) {
      const x = grid.origin[0] + i * grid.spacing[0] - xNose, z = grid.origin[2] + k * grid.spacing[2] - zNose;
      if (Math.abs(x) < 35 && z > -45 && z < 20 && after[i + nx * k] === before[i + nx * k]) bare++;
    }
    expect(bare).toBe(0);
    expect(fineLikeness(head, head, made.facts)).toBeCloseTo(1, 9);
    expect(Math.abs(fineLikeness(head, made, made.facts))).toBeLessThan(0.3);
  });

  it("IM9: what is reported is what was done, and the same volume gives the same bytes", () => {
    expect(made.facts.regionMl).toBeCloseTo(changed.length * grid.spacing[0] * grid.spacing[1] * grid.spacing[2] / 1000, -1);
    // The tip of this nose lies 5 mm from the end of the field of view.
    expect(made.facts.cutShare).toBeLessThan(0.03);
    expect(hash(deface(head).hu)).toBe(hash(made.hu));
    expect(hash(made.hu)).toBe("d2ffc634612fc35e6d4ee84ca668ac4580b6973e3645ab528050fd36925da0d8");
  });

  it("a head that lies turned loses its face too", () => {
    const turned = derive(head, { op: "reorient", plane: { by: "angles", yawDeg: 14, rollDeg: -6, pitchDeg: 8, asideMm: 4 } }, null), covered = deface(turned);
    expect(covered.facts.leastShiftMm).toBeGreaterThanOrEqual(leastShiftMm);
    expect(Math.abs(fineLikeness(turned, covered, covered.facts))).toBeLessThan(0.3);
  });

  it("what must be kept is kept, and a volume without a nose is refused and not called defaced", () => {
    const keep = new Uint8Array(head.hu.length);
    for (let at = 0; at < keep.length; at += 3) keep[at] = 1;
    const kept = deface(head, keep);
    for (let at = 0; at < keep.length; at += 3) if (kept.hu[at] !== head.hu[at]) throw new Error(`voxel ${at} was to be kept`);
    const vault: HuVolume = crop(head, [0, 0, 65], [nx - 1, ny - 1, nz - 1]);
    expect(() => deface(vault)).toThrow(/No face was found/);
    expect(() => deface({ grid, hu: new Int16Array(head.hu.length).fill(-1000) })).toThrow(/No face was found/);
  });
});
