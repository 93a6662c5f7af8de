"use client";
import { useEffect, useRef, useState, type RefObject } from "react";
import { brickCount, brickOrigin, BRICK } from "../../../core/mask/brick.ts";
import { foldDifference, type MaskFold } from "../../../core/mask/maskFold.ts";
import { paintedBrick, proposalOffset } from "../../../core/mask/proposal.ts";
import { rgbOf, useSession, type RoomContext, type RoomSegment } from "../useRoom.ts";
import { useRoomState } from "../roomStore.ts";
import { previewLabel, type SlicePreview } from "../tools/preview.ts";
import { sliceLabels } from "../tools/sliceLabels.ts";
import { SliceView, type LabelColors } from "./niivueView.ts";
import { normalAxis, type Plane, planes, sliceIndex, type Tile } from "./tileGeometry.ts";

/** Half way to white: the stripes of what is only proposed. */
const lighter = (part: number) => Math.round((part + 255) / 2);
/** Colours of what would come; the one that is least like the chosen segment's is taken. */
const previewRgbs = [[79, 156, 249], [255, 176, 32], [240, 110, 220]] as const;
const unlike = (a: readonly number[], b: readonly number[]) => a.reduce((sum, part, i) => sum + (part - b[i]) * (part - b[i]), 0);

/** Keeps the slice renderer on a canvas in step with the room: view, window, colours, mask, what a tool would change. */
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
  const past = useRoomState(store, (s) => s.past);
  const preview = useRoomState(store, (s) => (s.past ? null : s.preview ?? s.growthPreview));
  const segment = useRoomState(store, (s) => s.segment);

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
    const own = colors.get(segment ?? 0)?.rgb ?? [255, 255, 255];
    colors.set(previewLabel, { rgb: previewRgbs.reduce((best, rgb) => (unlike(rgb, own) > unlike(best, own) ? rgb : best)), isVisible: true });
    view.setColors(colors satisfies LabelColors);
  }, [view, segments, hidden, segment]);

  // The preview lives in the three shown slices only; leaving one puts its labels back.
  const shown = useRef(new Map<Plane, number>());
  const [axial, coronal, sagittal] = planes.map((plane) => sliceIndex(grid, plane, crosshair));
  useEffect(() => {
    if (!view) return;
    const put = (plane: Plane, index: number, of: SlicePreview | null) => view.putSlice(plane, index, sliceLabels(store.get().past?.fold ?? session.fold, plane, index, of));
    const next = new Map<Plane, number>(preview === null ? [] : [["axial", axial], ["coronal", coronal], ["sagittal", sagittal]]);
    for (const [plane, index] of shown.current) if (next.get(plane) !== index) put(plane, index, null);
    for (const [plane, index] of next) put(plane, index, preview);
    shown.current = next;
    view.draw();
  }, [view, session, store, preview, axial, coronal, sagittal]);

  // The mask of another instant takes the place of that of now, and gives it back.
  const painted = useRef<MaskFold | null>(null);
  useEffect(() => {
    if (!view) return;
    const before = painted.current, fold = past?.fold ?? session.fold, dirty = new Set(past?.takeDirty("slices"));
    painted.current = past && fold;
    if (before === null && past === null) return;
    if ((before ?? session.fold) !== fold) for (const brick of foldDifference(before ?? session.fold, fold)) dirty.add(brick);
    for (const brick of dirty) view.putBrick(brick, paintedBrick(fold, brick));
    view.draw();
  }, [view, session, past]);

  useEffect(() => {
    if (!view) return;
    return session.followBricks((dirty) => {
      if (store.get().past) return;
      for (const brick of dirty) view.putBrick(brick, paintedBrick(session.fold, brick));
      const { preview: ofTool, growthPreview } = store.get();
      for (const [plane, index] of shown.current) {
        const axis = normalAxis[plane];
        const isTouched = [...dirty].some((brick) => { const from = brickOrigin(grid, brick)[axis]; return index >= from && index < from + BRICK; });
        if (isTouched) view.putSlice(plane, index, sliceLabels(session.fold, plane, index, ofTool ?? growthPreview));
      }
      view.draw();
    });
  }, [view, session, store, grid]);

  // What came between the first upload and this subscription.
  const isSynced = useSession(session, (s) => s.isSynced);
  useEffect(() => {
    if (!view || !isSynced || store.get().past) return;
    for (let brick = 0; brick < brickCount(grid); brick++) {
      const content = paintedBrick(session.fold, brick);
      if (content) view.putBrick(brick, content);
    }
    view.draw();
  }, [view, isSynced, session, store, grid]);

  return { isReady: view !== null, problem };
}
