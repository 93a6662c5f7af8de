"use client";
import { type PointerEvent, useMemo, useRef } from "react";
import type { Histogram } from "../../../core/mask/effects/automaticThreshold.ts";
import { huAt, huScale, rangeWith, shareOf } from "../tools/huScale.ts";

const width = 300, height = 72;
const ends = ["From", "To"] as const;

/** The volume's histogram (logarithmic) with the range on it: either end is dragged, or moved with the arrows; between them the range moves as a whole. */
export function HuHistogram({ histogram, range, onRange }: { histogram: Histogram; range: readonly [number, number]; onRange: (range: readonly [number, number]) => void }) {
  const shown = useRef<readonly [number, number]>(range), box = useRef<SVGSVGElement>(null), drag = useRef<{ end: 0 | 1 | null; from: number; range: readonly [number, number] } | null>(null);
  // The scale rests while an end is dragged on it.
  if (drag.current === null) shown.current = range;
  const [low, high] = shown.current, scale = useMemo(() => huScale(histogram, [low, high]), [histogram, low, high]);
  const huOf = (event: PointerEvent) => { const { left, width: wide } = box.current!.getBoundingClientRect(); return huAt(scale, (event.clientX - left) / wide); };
  const at = (hu: number) => width * shareOf(scale, hu), [x0, x1] = [at(range[0]), at(range[1])];
  const onDown = (event: PointerEvent<SVGSVGElement>) => {
    const hu = huOf(event), near = (huOf(event) - scale.low) / (scale.high - scale.low) * width, toEnds = [Math.abs(near - x0), Math.abs(near - x1)];
    const end = Math.min(...toEnds) <= 10 ? (toEnds[0] < toEnds[1] || (toEnds[0] === toEnds[1] && near < x0) ? 0 : 1) : near > x0 && near < x1 ? null : near <= x0 ? 0 : 1;
    event.currentTarget.setPointerCapture(event.pointerId);
    drag.current = { end, from: hu, range };
    if (end !== null) onRange(rangeWith(range, end, hu));
  };
  const onMove = (event: PointerEvent) => {
    const held = drag.current;
    if (!held) return;
    const hu = huOf(event);
    onRange(held.end === null ? [held.range[0] + hu - held.from, held.range[1] + hu - held.from] : rangeWith(held.range, held.end, hu));
  };
  const onEnd = () => { if (drag.current === null) return; drag.current = null; onRange(range); };
  return (
    <div className="relative mb-2" data-histogram="">
      <svg ref={box} viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" className="block h-[72px] w-full cursor-ew-resize touch-none rounded-md bg-ground" aria-hidden onPointerDown={onDown} onPointerMove={onMove} onPointerUp={onEnd} onPointerCancel={onEnd}>
        <rect x={x0} y={0} width={Math.max(0, x1 - x0)} height={height} className="fill-accent/20" />
        <path className="fill-muted" d={scale.bars.map((bar, i) => `M${(i * width) / scale.bars.length} ${height}V${height - bar * (height - 4)}H${((i + 1) * width) / scale.bars.length}V${height}`).join("")} />
        {[x0, x1].map((x, end) => <line key={ends[end]} x1={x} x2={x} y1={0} y2={height} className="stroke-accent" strokeWidth={2} vectorEffect="non-scaling-stroke" />)}
      </svg>
      {ends.map((name, end) => (
        <span
          key={name} role="slider" tabIndex={0} aria-label={`${name}, HU`} aria-valuemin={scale.low} aria-valuemax={scale.high} aria-valuenow={range[end]} data-hu-handle={name}
          className="pointer-events-none absolute top-[66px] size-3 -translate-x-1/2 rounded-full border-2 border-accent bg-pane" style={{ left: `${(100 * at(range[end])) / width}%` }}
          onKeyDown={(event) => {
            const by = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -50, PageUp: 50 }[event.key];
            if (by === undefined) return;
            event.preventDefault();
            event.stopPropagation();
            onRange(rangeWith(range, end === 0 ? 0 : 1, range[end] + by * (event.shiftKey ? 10 : 1)));
          }}
        />
      ))}
      <div aria-hidden className="mt-2.5 flex justify-between text-xs text-muted"><span>{scale.low}</span><span>{scale.high} HU</span></div>
    </div>
  );
}
