import { ChevronLeft, ChevronRight } from "lucide-react";
import { useEffect, useRef, useState, type KeyboardEvent } from "react";
import { Dialog } from "../../ui/Dialog.tsx";
import type { FullSlice } from "./preview.ts";
import type { PreparedSeries } from "./scan.ts";
import { sayTitle } from "./seriesChoice.ts";

interface Props { series: PreparedSeries; sliceOf(member: number, frame: number): Promise<FullSlice | null>; onClose(): void }

/** Which values go from black to white: lowest and highest HU; null: all that the slice holds. */
const windows = { "Bone and soft tissue": [-500, 1100], "Soft tissue": [-160, 240], "All values": null } as const;
type Shown = { k: number; slice: FullSlice | null; failed: boolean };

/** All slices of a series, one at a time at full resolution, what looks like text framed: to look for names before they leave. */
export function SliceViewer({ series, sliceOf, onClose }: Props) {
  const { slices, written } = series, last = slices.length - 1;
  const [at, setAt] = useState(written[0] ?? last >> 1), [view, setView] = useState<keyof typeof windows>("Bone and soft tissue"), [shown, setShown] = useState<Shown | null>(null);
  useEffect(() => {
    let isWanted = true;
    const { at: member, frame } = slices[at];
    sliceOf(member, frame).then((slice) => { if (isWanted) setShown({ k: at, slice, failed: slice === null }); }, () => { if (isWanted) setShown({ k: at, slice: null, failed: true }); });
    return () => { isWanted = false; };
  }, [at, slices, sliceOf]);
  const go = (to: number) => setAt(Math.max(0, Math.min(last, to)));
  const before = written.findLast((k) => k < at), after = written.find((k) => k > at);
  const keys = (event: KeyboardEvent) => {
    // A list that is open has the keys; the slider's own arrows do what these do.
    if (event.target instanceof HTMLSelectElement || event.altKey || event.ctrlKey || event.metaKey) return;
    const to = { ArrowLeft: at - 1, ArrowDown: at - 1, ArrowRight: at + 1, ArrowUp: at + 1, Home: 0, End: last, PageUp: before ?? at, PageDown: after ?? at }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    go(to);
  };
  const isFlagged = written.includes(at);
  return (
    <Dialog title={`Slices of series ${sayTitle(series)}`} label="slices" width={820} onClose={onClose}>
      <div onKeyDown={keys}>
        <p className="mb-2 text-muted">{written.length === 0 ? "No text was recognised. Look for names all the same: smooth letters and handwriting are not seen by the search." : `${written.length === 1 ? "One slice holds" : `${written.length} slices hold`} what looks like text; it is framed.`}</p>
        <div className="relative flex h-[min(560px,55dvh)] items-center justify-center overflow-hidden rounded-md bg-black" onWheel={({ deltaY }) => go(at + Math.sign(deltaY))}>
          {shown?.slice && <SlicePicture slice={shown.slice} window={windows[view]} name={slices[shown.k].name} />}
          {shown?.failed && <p className="text-muted">This slice cannot be shown here: its pixels are packed in a file of more than 64 MiB, or broken.</p>}
        </div>
        <p role="status" data-slice={shown?.k} className="mt-2 flex flex-wrap gap-x-3"><span className="font-medium">Slice {at + 1} of {slices.length}</span><span className="text-muted">{slices[at].name}</span>{isFlagged && <span className="text-attention">Looks like text: framed</span>}</p>
        <input type="range" data-autofocus aria-label="Slice" aria-valuetext={`${at + 1} of ${slices.length}${isFlagged ? ", looks like text" : ""}`} min={0} max={last} value={at} onChange={(event) => go(Number(event.target.value))} className="mt-1 w-full" />
        <div className="mt-2 flex flex-wrap items-center gap-2">
          <button type="button" className="button" disabled={before === undefined} onClick={() => go(before ?? at)}><ChevronLeft aria-hidden size={14} />Framed before</button>
          <button type="button" className="button" disabled={after === undefined} onClick={() => go(after ?? at)}>Next framed<ChevronRight aria-hidden size={14} /></button>
          <label className="ml-auto flex items-center gap-2">Values
            <select className="field w-auto" value={view} onChange={(event) => setView(event.target.value as keyof typeof windows)}>{Object.keys(windows).map((name) => <option key={name}>{name}</option>)}</select>
          </label>
        </div>
        <p className="mt-2 text-sm text-muted">Arrows or wheel: next slice. Page up, page down: framed ones. Home, End. Escape closes.</p>
      </div>
    </Dialog>
  );
}

function SlicePicture({ slice: { columns, rows, hu, boxes }, window, name }: { slice: FullSlice; window: readonly [number, number] | null; name: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (!context) return;
    let [low, high] = window ?? [Infinity, -Infinity];
    if (!window) for (const value of hu) { if (value < low) low = value; if (value > high) high = value; }
    const picture = context.createImageData(columns, rows), scale = 255 / Math.max(1, high - low);
    for (let i = 0; i < hu.length; i++) picture.data.fill((hu[i] - low) * scale, 4 * i, 4 * i + 3);
    for (let i = 3; i < picture.data.length; i += 4) picture.data[i] = 255;
    context.putImageData(picture, 0, 0);
  }, [columns, rows, hu, window]);
  return (
    <div className="relative h-full" style={{ aspectRatio: `${columns} / ${rows}`, maxWidth: "100%" }}>
      <canvas ref={canvas} width={columns} height={rows} role="img" aria-label={`${name}${boxes.length > 0 ? ", what looks like text is framed" : ""}`} className="size-full object-contain [image-rendering:pixelated]" />
      <svg aria-hidden viewBox={`0 0 ${columns} ${rows}`} className="pointer-events-none absolute inset-0 size-full">
        {boxes.map((box) => {
          const [x, y] = [Math.max(0.5, box.left - 2), Math.max(0.5, box.top - 2)];
          return <rect key={`${box.left} ${box.top}`} data-text-box x={x} y={y} width={Math.min(columns - 0.5, box.right + 3) - x} height={Math.min(rows - 0.5, box.bottom + 3) - y} fill="none" stroke="#f5b84a" strokeWidth={1.5} vectorEffect="non-scaling-stroke" />;
        })}
      </svg>
    </div>
  );
}
