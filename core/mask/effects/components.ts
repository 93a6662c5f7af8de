/** Connected parts of a mask: a number for each voxel (0 outside the mask) and the size of each, from number 1. */
export interface Components {
  labels: Int32Array;
  /** sizes[n] is the number of voxels of part n; sizes[0] is 0. */
  sizes: number[];
}

interface Run { from: number; to: number; root: number }

/**
 * Parts of a mask joined through 26 (or 6) neighbours, found on runs along x: two runs in neighbouring rows are joined
 * where they overlap, reaching one voxel further for 26. Numbered in order of their first voxel.
 */
export function componentsOf(bits: Uint8Array, size: readonly [number, number, number], neighbours: 6 | 26 = 26): Components {
  const [nx, ny, nz] = size, reach = neighbours === 26 ? 1 : 0;
  const rows: Run[][] = [], runs: Run[] = [];
  const find = (r: number): number => {
    let root = r;
    while (runs[root].root !== root) root = runs[root].root;
    while (runs[r].root !== root) { const next = runs[r].root; runs[r].root = root; r = next; }
    return root;
  };
  const join = (row: number, other: number): void => {
    const one = rows[row], two = rows[other];
    for (let a = 0, b = 0; a < one.length && b < two.length;) {
      if (one[a].to - 1 + reach < two[b].from) { a++; continue; }
      if (two[b].to - 1 + reach < one[a].from) { b++; continue; }
      const x = find(one[a].root), y = find(two[b].root);
      if (x !== y) runs[Math.max(x, y)].root = Math.min(x, y);
      if (one[a].to < two[b].to) a++; else b++;
    }
  };
  for (let z = 0; z < nz; z++) {
    for (let y = 0; y < ny; y++) {
      const row: Run[] = [], start = (y + z * ny) * nx;
      for (let x = 0; x < nx; x++) {
        if (bits[start + x] === 0) continue;
        const from = x;
        while (x < nx && bits[start + x] !== 0) x++;
        const run = { from, to: x, root: runs.length };
        runs.push(run);
        row.push(run);
      }
      rows.push(row);
      const here = y + z * ny;
      if (y > 0) join(here, here - 1);
      if (z > 0) {
        join(here, here - ny);
        if (reach > 0 && y > 0) join(here, here - ny - 1);
        if (reach > 0 && y < ny - 1) join(here, here - ny + 1);
      }
    }
  }
  const labels = new Int32Array(bits.length), numbers = new Map<number, number>(), sizes = [0];
  rows.forEach((row, r) => {
    for (const run of row) {
      const root = find(run.root);
      let number = numbers.get(root);
      if (number === undefined) { number = sizes.length; numbers.set(root, number); sizes.push(0); }
      sizes[number] += run.to - run.from;
      labels.fill(number, r * nx + run.from, r * nx + run.to);
    }
  });
  return { labels, sizes };
}
