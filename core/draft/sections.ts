import { z } from "zod";
import type { PlaneSection, SectionPlane } from "../surface/planeSection.ts";
import { closedLine, type Measurement } from "./measurements.ts";
import type { PlanValue } from "./planDoc.ts";

type Vec = readonly [number, number, number];

/** The family of a plan's entry that holds the section of a surface by a plane; makes nothing. */
export const sectionFamily = "section";
/** The one parameter in which a section stands as a whole, so that numbers, plane and surface never come from two people. */
export const sectionParameter = "section";

/** A section as the plan keeps it: what was measured, on which surface, and where. */
export interface Section {
  id: string;
  name: string;
  /** The surface: `segment/<value>`, `file/<id>` or `implant/<id>`. */
  source: string;
  /** Names the content of the surface that was cut. Another one now: the section is out of date (PL6). */
  key: string;
  plane: SectionPlane;
  /** mm², holes taken off; null where the surface is open there. */
  areaMm2: number | null;
  /** Length of all outlines, mm. */
  lengthMm: number;
  /** The longest outlines with few corners, RAS mm: to be seen, not to be measured. */
  lines: readonly { points: readonly Vec[]; isClosed: boolean }[];
}

/** Lines and corners that a section shows: so many stand in a plan's value. */
const mostLines = 12, mostCorners = 110, leastCorners = 4, sharpCorners = 600;
const mm = z.number().min(-10_000).max(10_000), unit = z.number().min(-1).max(1), size = z.number().min(0);
const stored = z.tuple([
  z.string().regex(/^(?:segment|file|implant)\/[A-Za-z0-9-]{1,40}$/), z.string().min(1).max(200),
  z.tuple([mm, mm, mm, unit, unit, unit]).refine(([, , , x, y, z]) => Math.abs(x * x + y * y + z * z - 1) < 1e-6), size.nullable(), size,
  z.array(z.tuple([z.boolean()]).rest(mm).refine((line) => line.length % 3 === 1)).max(mostLines),
]);
const entry = z.object({ family: z.literal(sectionFamily), name: z.string().max(60).nullish(), isRemoved: z.boolean().nullish(), [sectionParameter]: stored });

/** Whether a value is that of a section. */
export const isSectionValue = (value: PlanValue): boolean => stored.safeParse(value).success;

const rounded = (value: number, digits: number): number => Math.round(value * digits) / digits + 0;
const pointsOf = (flat: ArrayLike<number>, begin = 0): Vec[] => Array.from({ length: (flat.length - begin) / 3 }, (_, i): Vec => [flat[begin + 3 * i], flat[begin + 3 * i + 1], flat[begin + 3 * i + 2]]);
const everySo = (points: Vec[], most: number): Vec[] => (points.length <= most ? points : Array.from({ length: most }, (_, i) => points[Math.round((i * (points.length - 1)) / (most - 1))]));

/** What a section's parameter holds: lengths to a thousandth of a millimetre, outlines to a tenth. */
export function sectionValue({ source, key, plane: { at, normal } }: Pick<Section, "source" | "key" | "plane">, { areaMm2, lengthMm, lines }: PlaneSection): PlanValue {
  const longest = [...lines].sort((a, b) => b.points.length - a.points.length).slice(0, mostLines), all = longest.reduce((sum, { points }) => sum + points.length, 0);
  const shown = longest.map(({ points: flat, isClosed }): PlanValue => {
    const most = Math.max(leastCorners, Math.floor((mostCorners * flat.length) / all)), fine = everySo(pointsOf(flat), isClosed ? sharpCorners : most);
    return [isClosed, ...(isClosed ? closedLine(fine, most) : fine).flat().map((one) => rounded(one, 10))];
  });
  return [source, key, [...at.map((one) => rounded(one, 1000)), ...normal], areaMm2 === null ? null : rounded(areaMm2, 1000), rounded(lengthMm, 1000), shown];
}

/** The section that an entry of a plan is; null where it is another thing, or taken out. */
export function readSection(id: string, parameters: Readonly<Record<string, PlanValue>>): Section | null {
  const read = entry.safeParse(parameters);
  if (!read.success || read.data.isRemoved === true) return null;
  const [source, key, [x, y, z, nx, ny, nz], areaMm2, lengthMm, lines] = read.data[sectionParameter];
  return {
    id, name: read.data.name?.trim() || "Section", source, key, plane: { at: [x, y, z], normal: [nx, ny, nz] }, areaMm2, lengthMm,
    lines: lines.map(([isClosed, ...flat]) => ({ isClosed, points: pointsOf(flat) })),
  };
}

/** «123.4 mm², outline 45.6 mm». */
export const sectionText = ({ areaMm2, lengthMm }: Pick<Section, "areaMm2" | "lengthMm">): string => (areaMm2 === null ? `outline ${lengthMm.toFixed(1)} mm, open` : `${areaMm2.toFixed(1)} mm², outline ${lengthMm.toFixed(1)} mm`);

/** The middle of what a section shows, RAS mm; a point of its plane where it shows nothing. */
export function sectionMiddle({ lines, plane: { at } }: Pick<Section, "lines" | "plane">): Vec {
  const all = lines.flatMap(({ points }) => points);
  return all.length === 0 ? at : [0, 1, 2].map((axis) => all.reduce((sum, point) => sum + point[axis], 0) / all.length) as unknown as Vec;
}

const unitOf = (v: Vec): Vec | null => {
  const length = Math.sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
  return length > 1e-6 ? [v[0] / length, v[1] / length, v[2] / length] : null;
};

/** The plane that a measurement gives: across a ruler in its middle, through an angle's three points, or that of an area; null while it lacks points or they lie on one line. */
export function planeOf({ kind, points, value }: Measurement): SectionPlane | null {
  if (value === null) return null;
  const all = points.map((point) => point.at), at = [0, 1, 2].map((axis) => all.reduce((sum, point) => sum + point[axis], 0) / all.length) as unknown as Vec, o = all[0];
  if (kind === "ruler") {
    const normal = unitOf([all[1][0] - o[0], all[1][1] - o[1], all[1][2] - o[2]]);
    return normal && { at, normal };
  }
  const sum = [0, 0, 0];
  for (let i = 1; i + 1 < all.length; i++) {
    const [ax, ay, az] = [0, 1, 2].map((axis) => all[i][axis] - o[axis]), [bx, by, bz] = [0, 1, 2].map((axis) => all[i + 1][axis] - o[axis]);
    sum[0] += ay * bz - az * by; sum[1] += az * bx - ax * bz; sum[2] += ax * by - ay * bx;
  }
  const normal = unitOf([sum[0], sum[1], sum[2]]);
  return normal && { at, normal };
}
