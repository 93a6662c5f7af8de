import * as Y from "yjs";
import { masksRoots } from "../../core/draft/masksDoc.ts";
import { encodeMark } from "../../core/mask/mark.ts";
import { encodeStroke, strokeKey } from "../../core/mask/stroke.ts";
import type { Grid } from "../../core/space/grid.ts";
import type { Engine } from "./engine.ts";

const grid: Grid = { dims: [32, 32, 32], spacing: [1, 1, 1], origin: [0, 0, 0] };
const stroke = (counter: number, value: number, runs: number[]) => encodeStroke({ id: { clientId: 1, counter }, lamport: counter, layer: "anatomy", value, isFinal: true, content: { kind: "runs", bricks: [{ brick: 0, runs: Uint16Array.from(runs) }] } });

/** What brushes of the simulator hardly ever make, checked one by one; each throws where an engine is wrong. */
export const cases: Readonly<Record<string, (engine: Engine) => void>> = {
  "under a hidden stroke a run shows that begins with its row, behind runs in rows before": ({ MaskFold }) => {
    const fold = new MaskFold(grid), row = 5 * 32;
    fold.addStroke(stroke(1, 1, [10, 2, row, 4]));
    fold.addStroke(stroke(2, 2, [row, 4]));
    if (fold.brick(0)?.[row] !== 2) throw new Error("the upper stroke does not show");
    fold.addMark(encodeMark({ stroke: { clientId: 1, counter: 2 }, n: 1, hidden: true }));
    for (let voxel = row; voxel < row + 4; voxel++) if (fold.brick(0)?.[voxel] !== 1) throw new Error(`voxel ${voxel} of the lower stroke does not show`);
  },
  "increments of one stroke that a rebase leaves alike are written down once": ({ trimKept }) => {
    // A person holds the youngest back, and an old one that somebody else has covered: two increments that differ only below it.
    const doc = new Y.Doc(), cover = { clientId: 1, counter: 2 };
    masksRoots(doc).strokes.push([stroke(1, 1, [0, 4, 40, 2]), stroke(1, 1, [8, 4, 40, 2]), stroke(2, 2, [0, 16])]);
    const entries = trimKept(doc, grid, { horizon: 2, folded: new Set([strokeKey(cover)]), entries: 1, marks: 0 }, new Map()).flatMap((trimmed) => trimmed.entries);
    if (entries.length !== 1 || Buffer.compare(entries[0], stroke(1, 1, [40, 2])) !== 0) throw new Error(`${entries.length} entries are left instead of one`);
  },
};
