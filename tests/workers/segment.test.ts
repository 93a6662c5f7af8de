import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { brickOrigin } from "../../core/mask/brick.ts";
import { drawingIntent } from "../../core/mask/drawing/intent.ts";
import { applyEffect } from "../../core/mask/effects/apply.ts";
import { effectIntent } from "../../core/mask/effects/intent.ts";
import type { Grid } from "../../core/space/grid.ts";
import { decodeNifti, encodeNifti } from "../../core/volume/nifti.ts";
import { help } from "../../workers/cli/segment.ts";

const grid: Grid = { dims: [48, 40, 30], spacing: [0.6, 0.7, 1.5], origin: [-10, 4, 20] }, [nx, ny] = grid.dims, count = 48 * 40 * 30;
const hu = Int16Array.from({ length: count }, (_, i) => { const [x, y, z] = [(i % nx) - 24, (Math.floor(i / nx) % ny) - 20, Math.floor(i / (nx * ny)) - 15], r = Math.hypot(0.6 * x, 0.7 * y, 1.5 * z); return r < 9 ? (r > 7 ? 900 : 40) + (i * 7919) % 60 : -1000; });

let dir = "";
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "caseroom-segment-"));
  writeFileSync(join(dir, "v.nii.gz"), gzipSync(encodeNifti({ grid, data: hu })));
});
afterAll(() => { rmSync(dir, { recursive: true, force: true }); });

function segment(effects: unknown, out = "l.nii.gz") {
  writeFileSync(join(dir, "e.json"), typeof effects === "string" ? effects : JSON.stringify(effects));
  const { status, stdout, stderr } = spawnSync(process.execPath, [resolve("workers/job.mjs"), "segment", "--volume", "v.nii.gz", "--effects", "e.json", "--out", out], { encoding: "utf8", env: { ...process.env, INIT_CWD: dir } });
  return { status, stderr, line: JSON.parse(stdout) as { ok: boolean; node?: string; voxels?: Record<string, number>; error?: { code: string; message: string } } };
}

describe("job segment", () => {
  it("its help names every effect and drawing tool with every key and word that they take", () => {
    const words = new Set(help.match(/\w+/g));
    const named = (schema: unknown): string[] => {
      if (schema instanceof z.ZodObject) return Object.entries(schema.shape).flatMap(([key, inner]) => [key, ...named(inner)]);
      if (schema instanceof z.ZodLiteral) return [String(schema.value)];
      if (schema instanceof z.ZodEnum) return schema.options.map(String);
      if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault) return named(schema.def.innerType);
      if (schema instanceof z.ZodUnion) return schema.options.flatMap(named);
      return schema instanceof z.ZodArray ? named(schema.def.element) : [];
    };
    const wanted = new Set([...effectIntent.options, ...drawingIntent.options].flatMap(named));
    expect(wanted.size).toBeGreaterThan(90);
    expect([...wanted].filter((word) => !words.has(word))).toEqual([]);
  });

  it("gives what the room's worker gives, whatever the effect, and says what it is doing", () => {
    const at = [grid.origin[0] + 24 * 0.6, grid.origin[1] + 20 * 0.7, grid.origin[2] + 15 * 1.5];
    const list = [
      { effect: "threshold", segment: 1, method: "otsu" }, { effect: "threshold", segment: 1, min: 300, max: 2000 }, { effect: "threshold", segment: 2, min: 30, max: 60, mode: "add" },
      { effect: "wrap", segment: 2, gapMm: 2, detailMm: 1 }, { effect: "islands", segment: 1, operation: "removeSmall", minMm3: 3 }, { effect: "margin", segment: 1, mm: 0.8, overwrite: "none" },
      { effect: "smooth", segment: 1, method: "gaussian", mm: 0.8, locked: [2] }, { effect: "jointSmooth", segment: 1, segments: [1, 2], mm: 0.7 }, { effect: "fillHoles", segment: 1, plane: "axial", largestMm3: 50, overwrite: "none" },
      { effect: "regionGrow", segment: 3, at, min: 0, max: 200, channelMm: 1, overwrite: "none" }, { effect: "growFromSeeds", segment: 1, segments: [1, 2], marginMm: 3 }, { effect: "hollow", segment: 2, thicknessMm: 1.5, shell: "medial", overwrite: "none" },
      { effect: "islands", segment: 1, operation: "keepLargest" }, { effect: "fillBetween", segment: 1, plane: "sagittal", joinMm: 12, overwrite: "all" },
    ];
    const dense = new Uint8Array(count);
    for (const intent of list) for (const { value, bricks } of applyEffect(effectIntent.parse(intent), { grid, labels: dense, hu })) for (const { brick, runs } of bricks) {
      const [ox, oy, oz] = brickOrigin(grid, brick);
      for (let r = 0; r < runs.length; r += 2) for (let v = runs[r]; v < runs[r] + runs[r + 1]; v++) dense[ox + (v & 31) + nx * (oy + ((v >> 5) & 31) + ny * (oz + (v >> 10)))] = value;
    }
    const { status, line, stderr } = segment(list);
    expect(line).toMatchObject({ ok: true, node: "segment@5" });
    expect(status).toBe(0);
    expect(Uint8Array.from(decodeNifti(gunzipSync(readFileSync(join(dir, "l.nii.gz")))).data)).toEqual(dense);
    for (const [n, { effect }] of list.entries()) expect(stderr).toContain(`${n + 1}/${list.length} ${effect}: `);
  });

  it.each([
    ["not JSON", "[{", "not-json", /is not JSON/],
    ["no list", "{}", "effects", /the list/],
    ["an unknown effect", [{ effect: "melt", segment: 1 }], "effects", /effect 1/],
    ["an unknown key", [{ effect: "margin", segment: 1, mm: 1, milimetres: 2 }], "effects", /effect 1: unknown key milimetres/],
    ["a number out of bounds", [{ effect: "threshold", segment: 1, min: 1 }, { effect: "margin", segment: 1, mm: 900 }], "effects", /effect 2: mm/],
    ["a segment that cannot be", [{ effect: "margin", segment: 128, mm: 1 }], "effects", /effect 1: segment/],
    ["a range the wrong way round", [{ effect: "threshold", segment: 1, min: 500, max: 100 }], "effect", /effect 1 \(threshold\): «max» \(100\) lies below «min» \(500\)/],
    ["an empty segment", [{ effect: "wrap", segment: 5, gapMm: 2 }], "effect", /effect 1 \(wrap\): segment 5 holds no voxel/],
    ["a point outside", [{ effect: "threshold", segment: 1, min: 300 }, { effect: "islands", segment: 1, operation: "keepAt", at: [900, 0, 0] }], "effect", /effect 2 \(islands\): the point 900, 0, 0 lies outside the volume/],
    ["a locked segment", [{ effect: "threshold", segment: 1, min: 300, locked: [1] }], "effect", /segment 1 is locked/],
    ["seeds of one segment alone", [{ effect: "threshold", segment: 1, min: 300 }, { effect: "growFromSeeds", segment: 1, segments: [1] }], "effect", /at least two segments/],
  ])("%s: says what is wrong and where, with 3, and writes nothing", (_what, effects, code, message) => {
    const { status, line } = segment(effects, "refused.nii.gz");
    expect(status).toBe(3);
    expect(line).toMatchObject({ ok: false, error: { code } });
    expect(line.error?.message).toMatch(message);
    expect(existsSync(join(dir, "refused.nii.gz"))).toBe(false);
  });
});
