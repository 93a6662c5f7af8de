"use client";
import { rasPoint } from "../../../core/space/grid.ts";
import type { MirrorPlane } from "../../../core/space/mirrorPlane.ts";
import { landmarkNames } from "../../../core/volume/landmarks.ts";
import type { StillState } from "../roomStore.ts";
import type { RoomContext } from "../useRoom.ts";
import { normalAxis, rasToCanvas, shownAxesOf, type Tile } from "../view/tileGeometry.ts";
import { landmarkWords } from "./landmarkWords.ts";
import { planesOfTurn, turnShown } from "./prepare.ts";

/** Length to both sides of the lines, mm: beyond every view. */
const reachMm = 1000;

/** Where the plane to turn to cuts the slices: the middle in the axial and coronal views, the level through the centre in the sagittal one; and the landmarks near the slice. */
export function PlaneLines({ room, tile, state }: { room: RoomContext; tile: Tile; state: StillState }) {
  const { grid } = room, [h, v] = shownAxesOf(tile.plane), normal = normalAxis[tile.plane], { prepare, crosshair } = state, shown = turnShown(grid, prepare);
  const inTile = (p: readonly number[]): [number, number] => {
    const [x, y] = rasToCanvas(grid, tile, state, rasPoint(p[0], p[1], p[2]));
    return [x - tile.left, y - tile.top];
  };
  const lineOf = ({ normal: n, offset }: MirrorPlane): string | null => {
    const length = n[h] * n[h] + n[v] * n[v];
    if (length < 1e-6) return null;
    const rest = offset - n[normal] * crosshair[normal] - n[h] * crosshair[h] - n[v] * crosshair[v], l = Math.sqrt(length);
    const ends = [-reachMm, reachMm].map((mm) => {
      const p: [number, number, number] = [crosshair[0], crosshair[1], crosshair[2]];
      p[h] += n[h] * rest / length - n[v] / l * mm;
      p[v] += n[v] * rest / length + n[h] / l * mm;
      return inTile(p).map((x) => x.toFixed(2)).join(" ");
    });
    return `M${ends[0]}L${ends[1]}`;
  };
  const planes = "turn" in shown ? planesOfTurn(grid, shown.turn) : null, path = planes && lineOf(tile.plane === "sagittal" ? planes.level : planes.middle);
  return (
    <>
      <svg aria-hidden className="absolute inset-0 size-full">{path && <path data-mid-plane={tile.plane} d={path} stroke="#f5b84a" strokeWidth={1.75} strokeDasharray={tile.plane === "sagittal" ? "2 4" : "8 4"} fill="none" />}</svg>
      {landmarkNames.map((name) => {
        const at = prepare.landmarks[name];
        if (!at) return null;
        const [x, y] = inTile(at), isNear = Math.abs(at[normal] - crosshair[normal]) <= Math.max(2, grid.spacing[normal]);
        return (
          <span key={name} data-landmark-mark={name} className="absolute flex -translate-y-1/2 items-center gap-1 whitespace-nowrap text-xs text-attention [text-shadow:0_0_3px_#000]" style={{ left: x - 4, top: y, opacity: isNear ? 1 : 0.35 }}>
            <span aria-hidden className="size-2 rounded-full border border-black bg-attention" />{landmarkWords[name]}
          </span>
        );
      })}
    </>
  );
}
