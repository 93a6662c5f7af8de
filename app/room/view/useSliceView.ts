"use client";
import { useEffect, useMemo, useRef, useState, type RefObject } from "react";
import { brickCount, brickOrigin, BRICK } from "../../../core/mask/brick.ts";
import { paintedBrick, proposalOffset } from "../../../core/mask/proposal.ts";
import { protectedValues } from "../tools/masking.ts";
import { rgbOf, useSession, type RoomContext, type RoomSegment } from "../useRoom.ts";
import { useRoomState } from "../roomStore.ts";
import { sliceLabels } from "../tools/sliceLabels.ts";
import { previewLabel, SliceView, type LabelColors } from "./niivueView.ts";
import { normalAxis, type Plane, planes, sliceIndex, type Tile } from "./tileGeometry.ts";

/** Half way to white: the stripes of what is only proposed. */
const lighter = (part: number) => Math.round((part + 255) / 2);
const previewRgb = [79, 156, 249] as const;

/** Keeps the slice renderer on a canvas in step with the room: view, window, colours, mask, threshold preview. */
export function useSliceView(canvas: RefObject<HTMLCanvasElement | null>, room: RoomContext, segments: readonly RoomSegment[], tiles: readonly Tile[]): { isReady: boolean; problem: string | null } {
  const { store, session, grid, volume } = room;
  const [view, setView] = useState<SliceView | null>(null);
  const [problem, setProblem] = useState<string | null>(null);

  useEffect(() => {
    const element = canvas.current;
    if (!element) return;
    let isGone = false;
    let opened: SliceView | undefined;
    SliceView.open(element, grid, volume.nifti, store.get(), store.get().window).then((made) => {
      if (isGone) return made.close();
      opened = made;
      for (let brick = 0; brick < brickCount(grid); brick++) {
        const content = paintedBrick(session.fold, brick);
        if (content) made.putBrick(brick, content);
      }
      setView(made);
    }, (error: unknown) => setProblem(`The slices cannot be drawn: ${error instanceof Error ? error.message : "WebGL 2 is not there"}.`));
    return () => { isGone = true; opened?.close(); setView(null); };
  }, [canvas, grid, volume, session, store]);

  const crosshair = useRoomState(store, (s) => s.crosshair);
  const center = useRoomState(store, (s) => s.center);
  const zoom = useRoomState(store, (s) => s.zoom);
  const convention = useRoomState(store, (s) => s.convention);
  const window = useRoomState(store, (s) => s.window);
  const hidden = useRoomState(store, (s) => s.hidden);
  const isPreviewing = useRoomState(store, (s) => s.tool === "threshold");
  const range = useRoomState(store, (s) => s.threshold);
  const area = useRoomState(store, (s) => s.area), overwrite = useRoomState(store, (s) => s.overwrite), segment = useRoomState(store, (s) => s.segment);
  const untouchable = useMemo(() => protectedValues({ area, overwrite, segment, hidden }, segments), [area, overwrite, segment, hidden, segments]);

  useEffect(() => { view?.show(tiles, { crosshair, center, zoom, convention }); }, [view, tiles, crosshair, center, zoom, convention]);
  useEffect(() => { view?.setWindow(window[0], window[1]); }, [view, window]);
  useEffect(() => {
    if (!view) return;
    const colors = new Map<number, { rgb: readonly [number, number, number]; isVisible: boolean }>();
    for (const { value, color } of segments) {
      const rgb = rgbOf(color), isVisible = !hidden.has(value);
      colors.set(value, { rgb, isVisible });
      colors.set(value + proposalOffset, { rgb: [lighter(rgb[0]), lighter(rgb[1]), lighter(rgb[2])], isVisible });
    }
    colors.set(previewLabel, { rgb: previewRgb, isVisible: true });
    view.setColors(colors satisfies LabelColors);
  }, [view, segments, hidden]);

  // The preview lives in the three shown slices only; leaving one puts its labels back.
  const shown = useRef(new Map<Plane, number>());
  const [axial, coronal, sagittal] = planes.map((plane) => sliceIndex(grid, plane, crosshair));
  const previewRange = isPreviewing ? range : null;
  useEffect(() => {
    if (!view) return;
    const put = (plane: Plane, index: number, of: readonly [number, number] | null) =>
      view.putSlice(plane, index, sliceLabels(session.fold, volume.hu, plane, index, of, previewLabel, untouchable));
    for (const [plane, index] of shown.current) put(plane, index, null);
    shown.current.clear();
    if (previewRange !== null) {
      for (const [plane, index] of [["axial", axial], ["coronal", coronal], ["sagittal", sagittal]] as const) {
        put(plane, index, previewRange);
        shown.current.set(plane, index);
      }
    }
    view.draw();
  }, [view, session, volume, previewRange, axial, coronal, sagittal, untouchable]);

  useEffect(() => {
    if (!view) return;
    return session.followBricks((dirty) => {
      for (const brick of dirty) view.putBrick(brick, paintedBrick(session.fold, brick));
      const { tool, threshold } = store.get();
      if (tool === "threshold") {
        for (const [plane, index] of shown.current) {
          const axis = normalAxis[plane];
          const isTouched = [...dirty].some((brick) => { const from = brickOrigin(grid, brick)[axis]; return index >= from && index < from + BRICK; });
          if (isTouched) view.putSlice(plane, index, sliceLabels(session.fold, volume.hu, plane, index, threshold, previewLabel, untouchable));
        }
      }
      view.draw();
    });
  }, [view, session, store, volume, grid, untouchable]);

  // What came between the first upload and this subscription.
  const isSynced = useSession(session, (s) => s.isSynced);
  useEffect(() => {
    if (!view || !isSynced) return;
    for (let brick = 0; brick < brickCount(grid); brick++) {
      const content = paintedBrick(session.fold, brick);
      if (content) view.putBrick(brick, content);
    }
    view.draw();
  }, [view, isSynced, session, grid]);

  return { isReady: view !== null, problem };
}
