// Grow from seeds: the kernel of core/mask/growTwin.ts, equal to it. Memory is the caller's.
// A voxel is a node of 16 bytes: key (distance·128 + label), next and previous in its bucket (−1 none; next −2: in no
// bucket), HU in the low half and its seed in the high half of the last word. One layer of nodes with key −1 surrounds
// the box, so that no neighbour need be looked for.

const unreached: i32 = 0x7fffffff;
let nodesAt: usize = 0, bucketsAt: usize = 0, bucketCount: i32 = 0, cap: i32 = 0, nx: i32 = 0, ny: i32 = 0, nz: i32 = 0;
let stepX: i32 = 0, stepY: i32 = 0, stepZ: i32 = 0, strideY: i32 = 0, strideZ: i32 = 0;
let queued: i32 = 0, least: i32 = 0, current: i32 = 0, invalidFirst: i32 = -1, invalidLast: i32 = -1;

@inline function nodeOf(index: i32): usize { return nodesAt + (<usize>index << 4); }
@inline function paddedOf(index: i32): i32 {
  const x = index % nx, rest = index / nx;
  return 1 + x + (1 + rest % ny) * strideY + (1 + rest / ny) * strideZ;
}

/** Lays out the box; `huAt` holds one i16 a voxel. No seed is set. */
export function begin(nodes: usize, buckets: usize, count: i32, huAt: usize, sx: i32, sy: i32, sz: i32, wx: i32, wy: i32, wz: i32, most: i32): void {
  nodesAt = nodes; bucketsAt = buckets; bucketCount = count; cap = most; nx = sx; ny = sy; nz = sz;
  stepX = wx; stepY = wy; stepZ = wz; strideY = nx + 2; strideZ = (nx + 2) * (ny + 2);
  queued = 0; least = 0; invalidFirst = -1; invalidLast = -1;
  memory.fill(bucketsAt, 0xff, <usize>bucketCount << 2);
  let at = nodesAt;
  for (let z = -1; z <= nz; z++) for (let y = -1; y <= ny; y++) for (let x = -1; x <= nx; x++, at += 16) {
    const isInside = x >= 0 && y >= 0 && z >= 0 && x < nx && y < ny && z < nz;
    store<i32>(at, isInside ? unreached : -1);
    store<i32>(at, -2, 4);
    store<i32>(at, -1, 8);
    store<i32>(at, isInside ? <i32>load<u16>(huAt + (<usize>(x + nx * (y + ny * z)) << 1)) : 0, 12);
  }
}

function put(index: i32, key: i32): void {
  const node = nodeOf(index), distance = key >> 7, bucket = bucketsAt + (<usize>distance << 2), head = load<i32>(bucket);
  store<i32>(node, key);
  store<i32>(node, head, 4);
  store<i32>(node, -1, 8);
  if (head >= 0) store<i32>(nodeOf(head), index, 8);
  store<i32>(bucket, index);
  queued++;
  if (distance < least) least = distance;
}

function take(index: i32): void {
  const node = nodeOf(index), next = load<i32>(node, 4), before = load<i32>(node, 8);
  if (before >= 0) store<i32>(nodeOf(before), next, 4);
  else store<i32>(bucketsAt + (<usize>(load<i32>(node) >> 7) << 2), next);
  if (next >= 0) store<i32>(nodeOf(next), before, 8);
  store<i32>(node, -2, 4);
  queued--;
}

@inline function weight(node: usize, other: usize, step: i32): i32 {
  const difference = <i32>load<i16>(node, 12) - <i32>load<i16>(other, 12);
  return (min(difference < 0 ? -difference : difference, cap) + step) << 7;
}

/** Makes a voxel unreached and puts it at the end of the invalid ones, with the key it had. */
function invalidate(index: i32): void {
  const node = nodeOf(index);
  store<i32>(node, load<i32>(node), 8);
  store<i32>(node, unreached);
  store<i32>(node, -1, 4);
  if (invalidLast >= 0) store<i32>(nodeOf(invalidLast), index, 4);
  else invalidFirst = index;
  invalidLast = index;
}

@inline function follow(node: usize, was: i32, index: i32, step: i32): void {
  const other = nodeOf(index);
  if (load<i16>(other, 14) == 0 && load<i32>(other) == was + weight(node, other, step)) invalidate(index);
}

@inline function bestOf(best: i32, node: usize, index: i32, step: i32): i32 {
  const other = nodeOf(index), key = load<i32>(other);
  return key < 0 || key == unreached ? best : min(best, key + weight(node, other, step));
}

@inline function relax(node: usize, key: i32, index: i32, step: i32): void {
  const other = nodeOf(index), known = load<i32>(other);
  // The border's −1 is below every key.
  if (known <= key) return;
  const offer = key + weight(node, other, step);
  if (offer >= known) return;
  if (load<i32>(other, 4) != -2) {
    if (offer >> 7 == known >> 7) { store<i32>(other, offer); return; }
    take(index);
  }
  put(index, offer);
}

/** Changes the seeds of `count` voxels (i32 index and u8 label each; 0: no seed any more); `run` then brings every key up to date. */
export function change(indexAt: usize, labelAt: usize, count: i32): void {
  least = bucketCount;
  for (let i = 0; i < count; i++) {
    const index = paddedOf(load<i32>(indexAt + (<usize>i << 2))), node = nodeOf(index);
    if (load<i16>(node, 14) != 0 && load<i32>(node) != unreached) invalidate(index);
    store<i16>(node, <i16>load<u8>(labelAt + i), 14);
  }
  for (let at = invalidFirst; at >= 0; at = load<i32>(nodeOf(at), 4)) {
    const node = nodeOf(at), was = load<i32>(node, 8);
    follow(node, was, at - 1, stepX); follow(node, was, at + 1, stepX);
    follow(node, was, at - strideY, stepY); follow(node, was, at + strideY, stepY);
    follow(node, was, at - strideZ, stepZ); follow(node, was, at + strideZ, stepZ);
  }
  let at = invalidFirst;
  invalidFirst = -1;
  invalidLast = -1;
  while (at >= 0) {
    const node = nodeOf(at), next = load<i32>(node, 4), here = at;
    store<i32>(node, -2, 4);
    if (load<i16>(node, 14) == 0) {
      let best = unreached;
      best = bestOf(best, node, here - 1, stepX); best = bestOf(best, node, here + 1, stepX);
      best = bestOf(best, node, here - strideY, stepY); best = bestOf(best, node, here + strideY, stepY);
      best = bestOf(best, node, here - strideZ, stepZ); best = bestOf(best, node, here + strideZ, stepZ);
      if (best != unreached) put(here, best);
    }
    at = next;
  }
  for (let i = 0; i < count; i++) {
    const label = <i32>load<u8>(labelAt + i);
    if (label == 0) continue;
    const index = paddedOf(load<i32>(indexAt + (<usize>i << 2)));
    if (load<i32>(nodeOf(index), 4) != -2) take(index);
    put(index, label);
  }
  current = least;
}

/** Settles about so many voxels, whole buckets. @returns how many are still queued; 0: every key is up to date */
export function run(most: i32): i32 {
  let settled = 0;
  for (; queued > 0 && settled < most; current++) {
    const bucket = bucketsAt + (<usize>current << 2);
    for (let index = load<i32>(bucket); index >= 0; index = load<i32>(bucket)) {
      take(index);
      settled++;
      const node = nodeOf(index), key = load<i32>(node);
      relax(node, key, index - 1, stepX); relax(node, key, index + 1, stepX);
      relax(node, key, index - strideY, stepY); relax(node, key, index + strideY, stepY);
      relax(node, key, index - strideZ, stepZ); relax(node, key, index + strideZ, stepZ);
    }
  }
  return queued;
}

/** The label of each voxel, a byte; 0 where no seed reaches. */
export function labels(toAt: usize): void {
  for (let z = 0; z < nz; z++) for (let y = 0; y < ny; y++) {
    let at = nodeOf(1 + (1 + y) * strideY + (1 + z) * strideZ);
    for (let x = 0; x < nx; x++, at += 16, toAt++) {
      const key = load<i32>(at);
      store<u8>(toAt, key == unreached ? 0 : <u8>(key & 127));
    }
  }
}
