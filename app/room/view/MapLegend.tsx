import type { PaintedMap } from "../../../core/checks/mapColors.ts";

const titles = { fit: "Gap to the bone, mm", print: "Wall, mm" } as const;

/** What the colours of a check's map mean. */
export function MapLegend({ map, legend }: { map: "fit" | "print"; legend: PaintedMap["legend"] }) {
  return (
    <div data-map-legend={map} className="pointer-events-none absolute bottom-2 right-2 rounded-lg border border-line bg-pane/85 px-2 py-1 text-xs">
      <p className="mb-0.5 font-semibold">{titles[map]}</p>
      <ul>
        {legend.map(({ name, rgb, range }) => (
          <li key={name} className="flex items-center gap-1.5 whitespace-nowrap"><span aria-hidden className="size-2.5 rounded-sm" style={{ background: `rgb(${rgb.join()})` }} />{name}<span className="ml-auto pl-2 text-muted">{range}</span></li>
        ))}
      </ul>
    </div>
  );
}
