import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { gunzipSync } from "fflate";
import { expect, it } from "vitest";
import { canonicalVolume, decodeNifti } from "../../core/volume/nifti.ts";
import { importFiles } from "../../workers/import/importFiles.ts";

const phantom = resolve("../shared/data/skull_phantom_tilt");
if (!existsSync(phantom)) console.log(`not run: ${phantom} is not there`);

interface Slice { position: number[]; row: number[]; column: number[]; rowMm: number; columnMm: number; hu: Int16Array }
/** A file's place and pixels by dcmtk's codec and a reader of the test's own (explicit little endian, flat but for what it skips). */
function rawSlice(path: string, plain: string): Slice {
  const judge = spawnSync("dcmdjpeg", [path, plain], { encoding: "utf8" });
  if (judge.status !== 0) throw new Error(judge.stderr);
  const bytes = readFileSync(plain), texts = new Map<number, string>();
  let pixels: Buffer | null = null;
  for (let at = 132; at + 8 <= bytes.length;) {
    const tag = bytes.readUInt16LE(at) * 65_536 + bytes.readUInt16LE(at + 2), vr = bytes.toString("latin1", at + 4, at + 6), isLong = ["OB", "OW", "SQ", "UN", "UT", "OF"].includes(vr);
    let length = isLong ? bytes.readUInt32LE(at + 8) : bytes.readUInt16LE(at + 6);
    at += isLong ? 12 : 8;
    if (tag === 0x7fe00010) { pixels = bytes.subarray(at, at + length); break; }
    // A sequence of no told length ends at its delimiter.
    if (length === 0xffffffff) length = bytes.indexOf(Buffer.from([0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0]), at) + 8 - at;
    if (length < 256) texts.set(tag, bytes.toString("latin1", at, at + length).trim());
    at += length;
  }
  const numbers = (tag: number) => (texts.get(tag) ?? "").split("\\").map(Number), [slope] = numbers(0x00281053), [intercept] = numbers(0x00281052), [rowMm, columnMm] = numbers(0x00280030), turned = numbers(0x00200037);
  if (!pixels || turned.length !== 6) throw new Error(`${path} has no pixels or no place`);
  const at = pixels;
  return { position: numbers(0x00200032), row: turned.slice(0, 3), column: turned.slice(3), rowMm, columnMm, hu: Int16Array.from({ length: 512 * 512 }, (_, p) => at.readInt16LE(2 * p) * slope + intercept) };
}

const side = 512, airHu = -1024;
/** Least-squares solution of A x = b, n × n. */
function solved(A: number[][], b: number[]): number[] {
  const n = b.length, m = A.map((line, i) => [...line, b[i]]);
  for (let c = 0; c < n; c++) {
    const pivot = m.slice(c).reduce((best, line, i) => (Math.abs(line[c]) > Math.abs(m[best][c]) ? c + i : best), c);
    [m[c], m[pivot]] = [m[pivot], m[c]];
    for (let r = 0; r < n; r++) if (r !== c) { const f = m[r][c] / m[c][c]; for (let k = c; k <= n; k++) m[r][k] -= f * m[c][k]; }
  }
  return m.map((line, i) => line[n] / line[i]);
}

it.runIf(existsSync(phantom))("the tilted phantom slice by slice: what each slice holds lies in the straightened volume where its header puts it, within 0.1 mm in every direction", async () => {
  if (spawnSync("dcmdjpeg", ["--version"]).error) return console.warn("dcmdjpeg is not installed: not judged");
  const dir = await mkdtemp(join(tmpdir(), "caseroom-tilted-"));
  try {
    const made = await importFiles({ paths: [phantom] }, join(dir, "out")), { grid, hu } = canonicalVolume(decodeNifti(gunzipSync(new Uint8Array(await readFile(made.volume)))));
    const slices = readdirSync(phantom).filter((name) => name !== "DIRFILE").map((name) => rawSlice(join(phantom, name), join(dir, "plain"))), [nx, ny, nz] = grid.dims;
    expect(slices).toHaveLength(58);
    /** The volume at a place of LPS, linearly; NaN where a neighbour was never scanned. */
    const at = (x: number, y: number, z: number): number => {
      const i = (-x - grid.origin[0]) / grid.spacing[0], j = (-y - grid.origin[1]) / grid.spacing[1], k = (z - grid.origin[2]) / grid.spacing[2], i0 = Math.floor(i), j0 = Math.floor(j), k0 = Math.floor(k);
      if (i0 < 0 || j0 < 0 || k0 < 0 || i0 + 1 >= nx || j0 + 1 >= ny || k0 + 1 >= nz) return NaN;
      let sum = 0;
      for (let d = 0; d < 8; d++) {
        const [a, b, c] = [d & 1, d >> 1 & 1, d >> 2], value = hu[i0 + a + nx * (j0 + b + ny * (k0 + c))];
        if (value === airHu) return NaN;
        sum += value * (a ? i - i0 : 1 - i + i0) * (b ? j - j0 : 1 - j + j0) * (c ? k - k0 : 1 - k + k0);
      }
      return sum;
    };
    let worst = 0, judged = 0, acrossJudged = 0;
    const parts: number[] = [];
    for (const { position: p, row: r, column: c, rowMm, columnMm, hu: own } of slices) {
      const n = [r[1] * c[2] - r[2] * c[1], r[2] * c[0] - r[0] * c[2], r[0] * c[1] - r[1] * c[0]];
      const sample = (i: number, j: number, mm: number) => at(...[0, 1, 2].map((a) => p[a] + r[a] * columnMm * i + c[a] * rowMm * j + n[a] * mm) as [number, number, number]);
      // The move that makes the volume most like the slice, by the volume's own slopes (Lucas and Kanade 1981), where the slice is
      // steep: of the whole slice in all directions, and of each of its 16 parts that is steep both ways, within it.
      const all = Array.from({ length: 17 }, () => ({ A: [0, 1, 2, 3].map(() => [0, 0, 0, 0]), b: [0, 0, 0, 0], used: 0 })), step = 0.4;
      for (let j = 8; j < side - 8; j += 2) for (let i = 8; i < side - 8; i += 2) {
        const q = i + side * j, steep = Math.abs(own[q + 1] - own[q - 1]) + Math.abs(own[q + side] - own[q - side]);
        if (steep < 150 || own[q] < -900) continue;
        const slopes = [sample(i + step / columnMm, j, 0) - sample(i - step / columnMm, j, 0), sample(i, j + step / rowMm, 0) - sample(i, j - step / rowMm, 0), sample(i, j, step) - sample(i, j, -step)].map((d) => d / 2 / step), off = own[q] - sample(i, j, 0);
        if (Number.isNaN(off) || slopes.some(Number.isNaN)) continue;
        const line = [...slopes, 1];
        for (const sums of [all[0], all[1 + (i >> 7) + 4 * (j >> 7)]]) {
          sums.used++;
          for (let s = 0; s < 4; s++) { sums.b[s] += line[s] * off; for (let t = 0; t < 4; t++) sums.A[s][t] += line[s] * line[t]; }
        }
      }
      const [{ A, b, used }, ...tiles] = all;
      if (used < 300) continue;
      const [along, down, across] = solved(A, b), isAcross = A[2][2] > 0.02 * Math.max(A[0][0], A[1][1]);
      judged++;
      worst = Math.max(worst, Math.abs(along), Math.abs(down), isAcross ? Math.abs(across) : 0);
      if (isAcross) acrossJudged++;
      expect([Math.abs(along) <= 0.1, Math.abs(down) <= 0.1, !isAcross || Math.abs(across) <= 0.1], `slice at ${p.join(", ")}: ${[along, down, across].map((mm) => mm.toFixed(3)).join(", ")} mm`).toEqual([true, true, true]);
      for (const tile of tiles) {
        const { A: [[xx, xy], [, yy]] } = tile, trace = xx + yy, least = trace / 2 - Math.sqrt((xx - yy) ** 2 / 4 + xy * xy);
        if (tile.used < 100 || least < 0.15 * trace) continue;
        const [i, j] = solved(tile.A, tile.b);
        parts.push(Math.hypot(i, j));
      }
    }
    parts.sort((a, b) => a - b);
    const [most, farthest] = [parts[Math.floor(0.98 * parts.length)], parts[parts.length - 1]];
    console.log(`tilted phantom: ${judged} of 58 slices judged (${acrossJudged} across too), off by at most ${worst.toFixed(3)} mm; of ${parts.length} parts 98 % by at most ${most.toFixed(3)} mm, all by ${farthest.toFixed(3)} mm`);
    expect([judged >= 50, acrossJudged >= 30, parts.length >= 50]).toEqual([true, true, true]);
    // A part of a slice tells less than the whole, and more of how the tilted planes were made smooth.
    expect([most <= 0.1, farthest <= 0.15]).toEqual([true, true]);
  } finally {
    await rm(dir, { recursive: true });
  }
}, 300_000);
