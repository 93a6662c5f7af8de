/** Distance, in cells, to the nearest cell that is set, up to `most`: exact to the cell for such small reaches. */
export function cellsFrom(isSet: (at: number) => boolean, nu: number, nv: number, most: number): Float64Array {
  const distance = new Float64Array(nu * nv).fill(most), reach = Math.ceil(most);
  for (let b = 0; b < nv; b++) for (let a = 0; a < nu; a++) {
    if (!isSet(a + nu * b)) continue;
    // Only a cell at the border of the set can be the nearest one to a cell outside.
    distance[a + nu * b] = 0;
    const isBorder = a === 0 || b === 0 || a === nu - 1 || b === nv - 1
      || !isSet(a - 1 + nu * b) || !isSet(a + 1 + nu * b) || !isSet(a + nu * (b - 1)) || !isSet(a + nu * (b + 1));
    if (!isBorder) continue;
    for (let y = Math.max(0, b - reach); y <= Math.min(nv - 1, b + reach); y++) for (let x = Math.max(0, a - reach); x <= Math.min(nu - 1, a + reach); x++) {
      const d = Math.sqrt((x - a) * (x - a) + (y - b) * (y - b));
      if (d < distance[x + nu * y]) distance[x + nu * y] = d;
    }
  }
  return distance;
}
