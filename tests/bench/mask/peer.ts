// scipy as the judge of speed: a process that holds the same mask and times one of its functions a line.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";

const python = "/usr/bin/python3";

const readScript = `
import sys, json, glob, numpy as np, pydicom
slices = [pydicom.dcmread(f) for f in glob.glob(sys.argv[1] + "/*.dcm")]
slices.sort(key=lambda s: float(s.ImagePositionPatient[2]))
hu = np.stack([s.pixel_array * float(s.RescaleSlope) + float(s.RescaleIntercept) for s in slices]).round().astype(np.int16)
hu.tofile(sys.argv[2])
print(json.dumps({"dims": hu.shape[::-1], "spacing": [float(slices[0].PixelSpacing[1]), float(slices[0].PixelSpacing[0]), float(slices[1].ImagePositionPatient[2] - slices[0].ImagePositionPatient[2])]}))
`;

/** The voxels of a folder of slices as they are stored, or undefined where pydicom or the folder is absent. */
export function headSlices(folder: string, file: string): { dims: [number, number, number]; spacing: [number, number, number]; hu: Int16Array } | undefined {
  if (!existsSync(python) || !existsSync(folder)) return undefined;
  const said = spawnSync(python, ["-c", readScript, folder, file]);
  if (said.status !== 0) return undefined;
  const { dims, spacing } = JSON.parse(said.stdout.toString()) as { dims: [number, number, number]; spacing: [number, number, number] };
  const bytes = readFileSync(file);
  return { dims, spacing, hu: new Int16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2) };
}

const workScript = `
import sys, json, time, numpy as np, scipy
from scipy import ndimage as nd
nx, ny, nz = map(int, sys.argv[2:5]); sx, sy, sz = map(float, sys.argv[5:8])
m = np.fromfile(sys.argv[1], dtype=np.uint8).reshape(nz, ny, nx); b = m.astype(bool)
cube = np.ones((3, 3, 3))
print(json.dumps({"version": scipy.__version__}), flush=True)
for line in sys.stdin:
    what, *rest = line.split()
    t = time.perf_counter()
    if what == "label": l, n = nd.label(b, cube); answer = int(n)
    elif what == "dilate": r = nd.binary_dilation(b)
    elif what == "erode": r = nd.binary_erosion(b, border_value=1)
    elif what == "edt": r = nd.distance_transform_edt(~b, sampling=(sz, sy, sx)) <= float(rest[0]) + 1e-6
    elif what == "median": r = nd.median_filter(m, size=3, mode="constant", cval=0)
    ms = (time.perf_counter() - t) * 1000
    if what != "label": answer = int(np.count_nonzero(r))
    print(json.dumps({"ms": ms, "answer": answer}), flush=True)
`;

export interface Peer {
  version: string;
  ask(what: string): Promise<{ ms: number; answer: number }>;
  end(): void;
}

/** scipy with a mask of one byte a voxel; undefined where it is absent. */
export async function startPeer(file: string, dims: readonly number[], spacing: readonly number[]): Promise<Peer | undefined> {
  if (!existsSync(python)) return undefined;
  const child = spawn(python, ["-c", workScript, file, ...dims.map(String), ...spacing.map(String)], { stdio: ["pipe", "pipe", "ignore"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const first = await lines.next();
  if (first.done) return undefined;
  const { version } = JSON.parse(first.value) as { version: string };
  return {
    version,
    ask: async (what) => {
      child.stdin.write(`${what}\n`);
      return JSON.parse((await lines.next()).value as string) as { ms: number; answer: number };
    },
    end: () => { child.stdin.end(); },
  };
}
