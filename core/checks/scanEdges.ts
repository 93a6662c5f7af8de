import type { ScanLattice } from "./scanLattice.ts";

export const boneHu = 300, bodyHu = -300;
/** Side of the blocks in which bone is joined, mm: finer than the soft tissue between bone and a head rest. */
const blockMm = 4;
/** From the foremost bone to what is a jaw and no longer a spine, mm. */
const jawMm = 40;
/** So far from where the scan ends, in voxels, a picture marks what reaches it. */
const rimVoxels = 2;

/** A plane as a picture needs it: values, and where the scan's edge is near (1); x fastest. */
export interface EdgePlane { dims: readonly [number, number]; spacing: readonly [number, number]; zMm: number; values: Int16Array; rim: Uint8Array }

/** Where the scan ends, what it cuts. */
export interface ScanEdges {
  /** On the sides: area of the largest bone mass (above 300 HU), and of all above −300 HU, mm². */
  boneAtBorderMm2: number;
  bodyAtBorderMm2: number;
  /** Bone area at the upper and at the lower end. */
  boneAtTopMm2: number;
  /** Of the upper end's, what belongs to the largest bone mass: no head rest. */
  vaultAtTopMm2: number;
  boneAtBottomMm2: number;
  /** Of the lower end's bone, what lies within 40 mm of the foremost bone: a jaw that is cut, not the spine. */
  frontAtBottomMm2: number;
  /** The planes in which most bone and most body is cut at the sides, the topmost and the lowest. */
  edgePlanes: { bone: EdgePlane; body: EdgePlane; top: EdgePlane; bottom: EdgePlane };
}

/** Blocks of voxels: how many voxels one has along each axis, how many there are, and -1 in each that holds bone. */
export interface BoneBlocks { size: number[]; counts: number[]; blocks: Int32Array }
export function emptyBlocks({ dims, spacing }: Pick<ScanLattice, "dims" | "spacing">): BoneBlocks {
  const size = spacing.map((mm) => Math.max(1, Math.round(blockMm / mm))), counts = dims.map((n, axis) => Math.ceil(n / size[axis]));
  return { size, counts, blocks: new Int32Array(counts[0] * counts[1] * counts[2]) };
}
function blocksOf(lattice: ScanLattice): BoneBlocks {
  const made = emptyBlocks(lattice), { size, counts: [bx, by], blocks } = made, { dims: [nx, ny, nz], hu, base, strides } = lattice;
  for (let z = 0; z < nz; z++) for (let y = 0; y < ny; y++) {
    const row = bx * (Math.floor(y / size[1]) + by * Math.floor(z / size[2]));
    for (let x = 0, at = base + y * strides[1] + z * strides[2]; x < nx; x++, at += strides[0]) if (hu[at] >= boneHu) blocks[row + Math.floor(x / size[0])] = -1;
  }
  return made;
}

/** Whether a voxel lies in the largest connected mass of bone, in blocks (tables and rests are others), and the foremost y of that. */
function largestBone({ size, counts: [bx, by, bz], blocks }: BoneBlocks): { has(x: number, y: number, z: number): boolean; front: number } {
  let best = 0, most = 0, label = 0;
  const stack: number[] = [];
  for (let seed = 0; seed < blocks.length; seed++) {
    if (blocks[seed] !== -1) continue;
    let members = 0;
    blocks[seed] = ++label;
    stack.push(seed);
    for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
      members++;
      const x = at % bx, y = Math.floor(at / bx) % by, z = Math.floor(at / (bx * by));
      const near = [x > 0 ? at - 1 : -1, x < bx - 1 ? at + 1 : -1, y > 0 ? at - bx : -1, y < by - 1 ? at + bx : -1, z > 0 ? at - bx * by : -1, z < bz - 1 ? at + bx * by : -1];
      for (const next of near) if (next >= 0 && blocks[next] === -1) { blocks[next] = label; stack.push(next); }
    }
    if (members > most) { most = members; best = label; }
  }
  let front = -1;
  if (best > 0) for (let at = 0; at < blocks.length; at++) if (blocks[at] === best) front = Math.max(front, (Math.floor(at / bx) % by + 1) * size[1] - 1);
  return { has: (x, y, z) => best > 0 && blocks[Math.floor(x / size[0]) + bx * (Math.floor(y / size[1]) + by * Math.floor(z / size[2]))] === best, front };
}

/**
 * What lies where the scan ends: at its first and last slice, and at the edge of what each slice measured.
 * @param blocks where its bone is, if that is known
 */
export function scanEdges(lattice: ScanLattice, blocks: BoneBlocks = blocksOf(lattice)): ScanEdges {
  const { dims, spacing, hu, base, strides, measured } = lattice, anatomy = largestBone(blocks), across = measured?.across ?? 2, [u, v] = [0, 1, 2].filter((axis) => axis !== across);
  const face = [spacing[1] * spacing[2], spacing[0] * spacing[2], spacing[0] * spacing[1]], bonePlanes = new Float64Array(dims[2]), bodyPlanes = new Float64Array(dims[2]);
  let top = 0, vault = 0, bottom = 0, jaw = 0;
  const side = (value: number, x: number, y: number, z: number, area: number) => {
    bodyPlanes[z] += area;
    if (value >= boneHu && anatomy.has(x, y, z)) bonePlanes[z] += area;
  };
  const upper = (x: number, y: number, z: number) => {
    top += face[2];
    if (anatomy.has(x, y, z)) vault += face[2];
  };
  const lower = (x: number, y: number, z: number) => {
    if (!anatomy.has(x, y, z)) return;
    bottom += face[2];
    if ((anatomy.front - y) * spacing[1] <= jawMm) jaw += face[2];
  };
  const at: [number, number, number] = [0, 0, 0], rim = new Uint8Array(dims[u] * dims[v]);
  const isIn = (a: number, b: number) => a >= 0 && b >= 0 && a < dims[u] && b < dims[v] && (!measured || measured.pixels[measured.base + a * measured.strides[u] + b * measured.strides[v]] === 1);
  for (let b = 0; b < dims[v]; b++) for (let a = 0; a < dims[u]; a++) {
    if (!measured && b > 0 && b < dims[v] - 1 && a > 0 && a < dims[u] - 1) { a = dims[u] - 2; continue; }
    if (!isIn(a, b)) continue;
    const ends = [!isIn(a - 1, b), !isIn(a + 1, b), !isIn(a, b - 1), !isIn(a, b + 1)];
    if (!ends.includes(true)) continue;
    for (let d = Math.max(0, b - rimVoxels); d <= Math.min(dims[v] - 1, b + rimVoxels); d++) for (let c = Math.max(0, a - rimVoxels); c <= Math.min(dims[u] - 1, a + rimVoxels); c++) rim[c + d * dims[u]] = 1;
    // A round edge goes in steps: its area is that of the slant.
    const alongU = u === 2 ? 0 : face[u] * (Number(ends[0]) + Number(ends[1])), alongV = v === 2 ? 0 : face[v] * (Number(ends[2]) + Number(ends[3])), area = Math.sqrt(alongU * alongU + alongV * alongV);
    const [isLow, isHigh] = u === 2 ? ends : v === 2 ? ends.slice(2) : [false, false];
    at[u] = a;
    at[v] = b;
    for (at[across] = 0; at[across] < dims[across]; at[across]++) {
      const value = hu[base + at[0] * strides[0] + at[1] * strides[1] + at[2] * strides[2]];
      if (value < bodyHu) continue;
      side(value, at[0], at[1], at[2], area);
      if (value < boneHu) continue;
      if (isHigh) upper(at[0], at[1], at[2]);
      if (isLow) lower(at[0], at[1], at[2]);
    }
  }
  for (const end of [0, dims[across] - 1]) for (let b = 0; b < dims[v]; b++) for (let a = 0, from = base + b * strides[v] + end * strides[across]; a < dims[u]; a++, from += strides[u]) {
    const value = hu[from];
    if (value < (across === 2 ? boneHu : bodyHu) || !isIn(a, b)) continue;
    at[u] = a;
    at[v] = b;
    at[across] = end;
    if (across !== 2) side(value, at[0], at[1], at[2], face[across]);
    else if (end > 0) upper(at[0], at[1], at[2]);
    else lower(at[0], at[1], at[2]);
  }
  const planeAt = (z: number): EdgePlane => {
    const [nx, ny] = dims, values = new Int16Array(nx * ny), near = across === 2 ? rim : new Uint8Array(nx * ny);
    for (let y = 0, to = 0; y < ny; y++) {
      const from = base + y * strides[1] + z * strides[2];
      if (strides[0] === 1) values.set(hu.subarray(from, from + nx), to);
      else for (let x = 0; x < nx; x++) values[to + x] = hu[from + x * strides[0]];
      if (across !== 2) for (let x = 0; x < nx; x++) if (x <= rimVoxels || y <= rimVoxels || x >= nx - 1 - rimVoxels || y >= ny - 1 - rimVoxels) near[to + x] = 1;
      to += nx;
    }
    return { dims: [nx, ny], spacing: [spacing[0], spacing[1]], zMm: lattice.zMm[z], values, rim: near };
  };
  const most = (planes: Float64Array) => planes.reduce((best, area, z) => area > planes[best] ? z : best, 0), sum = (planes: Float64Array) => planes.reduce((total, area) => total + area, 0);
  return {
    boneAtBorderMm2: sum(bonePlanes), bodyAtBorderMm2: sum(bodyPlanes), boneAtTopMm2: top, vaultAtTopMm2: vault, boneAtBottomMm2: bottom, frontAtBottomMm2: jaw,
    edgePlanes: { bone: planeAt(most(bonePlanes)), body: planeAt(most(bodyPlanes)), top: planeAt(dims[2] - 1), bottom: planeAt(0) },
  };
}
