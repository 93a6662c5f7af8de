import type { OutlineDraft, OutlinePoint } from "../tools/outlineDraft.ts";

/** More corners than this are not drawn: a line of so many shows none of them. */
const mostCorners = 3000;

interface Look { draft: OutlineDraft; toPixels(p: OutlinePoint): readonly [number, number]; color: string; isDashed: boolean; /** Radius of the brush, pixels. */ tipPx?: number; /** It lies in another slice than the one shown. */ isFaint?: boolean }

/** What is being drawn and not written yet, in an SVG of the pane. */
export function OutlineMark({ draft: { shape, points, next, held }, toPixels, color, isDashed, tipPx = 0, isFaint = false }: Look) {
  const step = Math.ceil(points.length / mostCorners), xy = points.filter((_, n) => n % step === 0).map(toPixels), [a, b] = xy;
  const line = { stroke: color, strokeWidth: 1.25, strokeDasharray: isDashed ? "4 3" : undefined, fill: color, fillOpacity: 0.15 };
  const list = (all: readonly (readonly [number, number])[]) => all.map((p) => p.join(",")).join(" ");
  if (shape === "trail") return <polyline data-outline={shape} points={list([a, ...xy])} fill="none" stroke={color} strokeOpacity={0.3} strokeWidth={Math.max(2, 2 * tipPx)} strokeLinecap="round" strokeLinejoin="round" />;
  if (shape === "circle") return <g data-outline={shape}><circle cx={a[0]} cy={a[1]} r={Math.hypot(b[0] - a[0], b[1] - a[1])} {...line} /><path d={`M${a[0] - 4} ${a[1]}h8m-4 -4v8`} stroke={color} /></g>;
  if (shape === "rectangle") return <rect data-outline={shape} x={Math.min(a[0], b[0])} y={Math.min(a[1], b[1])} width={Math.abs(b[0] - a[0])} height={Math.abs(b[1] - a[1])} {...line} />;
  if (shape !== "polygon") return <polygon data-outline={shape} points={list(xy)} {...line} />;
  return (
    <g data-outline={shape} data-corners={points.length} opacity={isFaint ? 0.35 : 1}>
      <polygon points={list(next && !isFaint ? [...xy, toPixels(next)] : xy)} {...line} stroke="none" />
      <polyline points={list(next && !isFaint ? [...xy, toPixels(next)] : xy)} {...line} fill="none" />
      {xy.map(([x, y], n) => <circle key={n} cx={x} cy={y} r={n === 0 ? 4.5 : 3.5} fill={held?.corner === n ? color : "#0e1116"} stroke={color} strokeWidth={1.5} />)}
    </g>
  );
}
