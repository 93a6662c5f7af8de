import { createHash, randomUUID } from "node:crypto";
import { mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { parseArgs } from "node:util";
import { gunzipSync } from "node:zlib";
import { fromDense, type Labelmap } from "../../core/mask/labelmap.ts";
import { encodeStl } from "../../core/surface/stl.ts";
import { surfaceOf } from "../../core/surface/surfaceNets.ts";
import { canonicalVolume, decodeNifti, NiftiError } from "../../core/volume/nifti.ts";
import { factsOf, surfaceNodeVersion } from "../surfaceNode.ts";

export const help = `npm run --silent job -- surface --labels FILE --segment N --out FILE.stl
  --labels FILE    labelmap, .nii or .nii.gz
  --segment N      label value to make the surface of, 1 to 32767
  --out FILE.stl   binary STL in LPS mm
Not yet there: --volume, --iso, --smooth, --maxErrorMm, --source and other formats than STL.
`;

/** A run's end as JOBS.md has it: the one line for stdout and the exit code. */
export interface CommandEnd { exitCode: number; line: Record<string, unknown> }

const end = (exitCode: number, code: string, message: string, details: Record<string, unknown> = {}): CommandEnd =>
  ({ exitCode, line: { ok: false, error: { code, message, details } } });
const hashOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
/** Bound on an unpacked labelmap, against gzip bombs. */
const maxUnpackedBytes = 2_000_000_000;

/** The voxels of one label value as a mask of value 1. @throws NiftiError */
function maskOf(bytes: Uint8Array, segment: number): { labelmap: Labelmap; voxels: number } {
  const { grid, hu, findings } = canonicalVolume(decodeNifti(bytes));
  const broken = findings.find(({ code }) => ["quantised", "clamped", "padding"].includes(code));
  if (broken) throw new NiftiError("not-a-volume", `The values are not labels: ${broken.message}`);
  const mask = new Uint8Array(hu.length);
  let voxels = 0;
  for (let i = 0; i < hu.length; i++) if (hu[i] === segment) { mask[i] = 1; voxels++; }
  return { labelmap: fromDense(grid, mask), voxels };
}

/** `surface`: see `help`. Relative paths resolve against INIT_CWD. */
export async function run(args: string[]): Promise<CommandEnd> {
  const begin = performance.now(), base = process.env.INIT_CWD ?? process.cwd();
  let values;
  try {
    ({ values } = parseArgs({ args, options: { labels: { type: "string" }, segment: { type: "string" }, out: { type: "string" } } }));
  } catch (error) {
    return end(2, "usage", error instanceof Error ? error.message : "wrong options");
  }
  const { labels, segment, out } = values;
  if (!labels || !segment || !out) return end(2, "usage", "surface needs --labels, --segment and --out; see --help");
  const value = Number(segment);
  if (!/^\d{1,5}$/.test(segment) || value < 1 || value > 32767) return end(2, "usage", "--segment is a whole number from 1 to 32767");
  if (!out.toLowerCase().endsWith(".stl")) return end(2, "unsupported-format", "--out must end in .stl");
  const source = resolve(base, labels), target = resolve(base, out);
  if (!(await stat(source).then((s) => s.isFile(), () => false))) return end(2, "usage", `--labels ${labels} is not a file`);

  process.stderr.write("reading\n");
  const packed = await readFile(source);
  let read;
  try {
    const plain = packed[0] === 0x1f && packed[1] === 0x8b ? gunzipSync(packed, { maxOutputLength: maxUnpackedBytes }) : packed;
    read = maskOf(plain, value);
  } catch (error) {
    if (error instanceof NiftiError) return end(3, error.code, `${labels}: ${error.message}`, { file: labels });
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    if (code === "ERR_BUFFER_TOO_LARGE") return end(3, "too-large", `${labels} unpacks to more than ${maxUnpackedBytes} bytes.`, { file: labels });
    if (code.startsWith("Z_")) return end(3, "truncated", `${labels} is cut off or broken: its gzip data do not end properly. Copy it again.`, { file: labels });
    throw error;
  }
  if (read.voxels === 0) return end(3, "empty-segment", `${labels} holds no voxel of value ${value}.`, { file: labels, segment: value });
  const readAt = performance.now();
  process.stderr.write("meshing\n");
  const mesh = surfaceOf(read.labelmap, 1);
  const meshedAt = performance.now();
  process.stderr.write("checking\n");
  const facts = factsOf(mesh);
  const checkedAt = performance.now();
  process.stderr.write("writing\n");
  const stl = encodeStl(mesh);
  await mkdir(dirname(target), { recursive: true });
  const half = `${target}.${randomUUID()}.part`;
  try {
    await writeFile(half, stl);
    await rename(half, target);
  } catch (error) {
    await rm(half, { force: true });
    throw error;
  }
  const done = performance.now();
  return {
    exitCode: 0,
    line: {
      ok: true, kind: "surface", node: `surface@${surfaceNodeVersion}`, ms: Math.round(done - begin), peakRssMiB: Math.round(process.resourceUsage().maxRSS / 1024),
      inputs: { [labels]: hashOf(packed) }, outputs: { [out]: hashOf(stl) }, ...facts,
      timings: { readMs: Math.round(readAt - begin), meshMs: Math.round(meshedAt - readAt), checkMs: Math.round(checkedAt - meshedAt), writeMs: Math.round(done - checkedAt) },
    },
  };
}
