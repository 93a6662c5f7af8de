"use client";
import { useState } from "react";
import type { PaintedMap } from "../../../core/checks/mapColors.ts";

const titles = { fit: "Gap to the bone, mm", print: "Wall, mm" } as const;

/**
 * What the colours of a check's map, or of a surface that is looked at alone, mean, with the histogram over them; `onClose` is for one that has no other
 * button. `isPreview`: sampled on this page, the numbers are to come. Where there is little room (`isSmall`) only the colours are shown until somebody asks.
 */
export function MapLegend({ map, legend, isPreview = false, isSmall, onClose }: { map: "fit" | "print" | { title: string }; legend: PaintedMap["legend"]; isPreview?: boolean; isSmall: boolean; onClose?: () => void }) {
  const isCheck = typeof map === "string", [isAsked, setAsked] = useState(false), title = `${isCheck ? titles[map] : map.title}${isPreview ? " · preview" : ""}`, isFolded = isSmall && !isAsked;
  return (
    <div data-map-legend={isCheck ? map : "solo"} data-map-preview={isPreview} className="pointer-events-none absolute bottom-2 right-2 max-w-[calc(100%-16px)] rounded-lg border border-line bg-pane/85 px-2 py-1 text-xs">
      {isSmall ? (
        <button type="button" aria-expanded={isAsked} className="pointer-events-auto flex min-h-6 max-w-full items-center gap-1 font-semibold" onClick={() => setAsked(!isAsked)} onPointerDown={(event) => event.stopPropagation()}>
          <span className="truncate">{title}</span>{isFolded && legend.map(({ name, rgb }) => <span key={name} aria-hidden className="size-2.5 shrink-0 rounded-sm" style={{ background: `rgb(${rgb.join()})` }} />)}
        </button>
      ) : <p className="mb-0.5 truncate font-semibold">{title}</p>}
      {!isFolded && <ul>
        {legend.map(({ name, rgb, range, share }) => (
          <li key={name} data-map-share={(100 * share).toFixed(1)} className="flex items-center gap-1.5 whitespace-nowrap">
            <span aria-hidden className="size-2.5 rounded-sm" style={{ background: `rgb(${rgb.join()})` }} />{name}<span className="ml-auto pl-2 text-muted">{range}</span>
            {/* The band's part of the map's histogram: bars against the widest. */}
            <span aria-hidden className="h-2 w-10 shrink-0"><span className="block h-full rounded-sm" style={{ background: `rgb(${rgb.join()})`, width: `${(100 * share) / Math.max(...legend.map((one) => one.share), 1e-9)}%` }} /></span>
            <span className="w-8 text-right tabular-nums">{Math.round(100 * share)} %</span>
          </li>
        ))}
      </ul>}
      {onClose && <button type="button" className="button pointer-events-auto my-1 min-h-6 px-1.5 py-0.5 text-xs" onClick={onClose} onPointerDown={(event) => event.stopPropagation()}>Show all surfaces</button>}
    </div>
  );
}
