/** Cells of the grid from `low` to `high`, both included; a cell is named by its low corner's voxel and may lie outside the grid. */
export interface CellBox { low: [number, number, number]; high: [number, number, number] }

/** A brick of a surface, and the cells in it of which the surface is not known any more. */
export interface DirtyBrick { at: number; cells: CellBox }

/** Cells that are meshed together, and the bricks that get their new surface from there. */
export interface Region<Brick extends DirtyBrick> { cells: CellBox; bricks: Brick[] }

/** Cells of a region at most, without its apron: bounds what the mesher needs. */
export const mostCells = 1 << 19;
/** What a region costs however small it is, in cells. */
const callCells = 1 << 14;

const joinedBox = (a: CellBox, b: CellBox): CellBox => ({
  low: [Math.min(a.low[0], b.low[0]), Math.min(a.low[1], b.low[1]), Math.min(a.low[2], b.low[2])],
  high: [Math.max(a.high[0], b.high[0]), Math.max(a.high[1], b.high[1]), Math.max(a.high[2], b.high[2])],
});
const cellsOf = ({ low, high }: CellBox, apron: number): number => (high[0] - low[0] + 1 + 2 * apron) * (high[1] - low[1] + 1 + 2 * apron) * (high[2] - low[2] + 1 + 2 * apron);

/**
 * Parts bricks into regions: those are joined whose cells are fewer together than apart, each with its apron, which neighbours
 * share. What a stroke changed becomes one region or a few, and so does a whole mask, of up to `mostCells` each.
 */
export function regionsOf<Brick extends DirtyBrick>(dirty: readonly Brick[], apron: number): Region<Brick>[] {
  let regions = dirty.map((brick) => ({ cells: brick.cells, bricks: [brick], cost: cellsOf(brick.cells, apron) + callCells }));
  for (;;) {
    const joined: typeof regions = [];
    for (const one of regions) {
      let isIn = false;
      for (const other of joined) {
        const cells = joinedBox(one.cells, other.cells), cost = cellsOf(cells, apron) + callCells;
        if (cost > one.cost + other.cost || cellsOf(cells, 0) > mostCells) continue;
        other.cells = cells;
        other.cost = cost;
        other.bricks.push(...one.bricks);
        isIn = true;
        break;
      }
      if (!isIn) joined.push(one);
    }
    if (joined.length === regions.length) {
      for (const { bricks } of joined) bricks.sort((a, b) => a.at - b.at);
      return joined;
    }
    regions = joined;
  }
}
