import { isInPart, placesAlong, planSeries, samePlaceMm, type SeriesPlan, type SliceGeometry } from "../../core/checks/series.ts";
import { frameName } from "../../core/checks/sliceName.ts";
import type { ImportLimits, ImportOptions } from "./limits.ts";
import { checkPixels, type ImageFile, type Slice } from "./pixels.ts";
import { ImportRefused } from "./refused.ts";

/** A sub-volume: slices of one series that belong together by geometry, with its plan or the reason against it. */
export interface Candidate {
  /** Series Instance UID, with `#2`… for further sub-volumes of one series. */
  uid: string;
  slices: Slice[];
  plan: SeriesPlan | null;
  refusal: ImportRefused | null;
  /** Why it was split from others of its series; empty where it was not. */
  split: string;
  /** Slices that another with the same SOP UID or the same bytes already is. */
  copies: string[];
  /** How many of its slices lie beside the part that was asked for. */
  beside: number;
}

export const geometryOf = ({ from: { image }, frame }: Slice): SliceGeometry =>
  ({ columns: image.columns, rows: image.rows, position: frame.position, orientation: frame.orientation, pixelSpacing: frame.pixelSpacing });

function labelOf({ from: { file, image }, frame }: Slice): string {
  if (image.frames.length === 1) return file.label;
  return file.isUnnamed ? frameName(image.instanceNumber, frame.index, frame.position, frame.orientation) : `${file.label} frame ${frame.index + 1}`;
}
export { labelOf as sliceLabel };

/** Directions and spacings as a text, rounded: an order for groups, no test of whether they are alike. */
const geometryKey = (slice: Slice): string => {
  const { frame, from: { image } } = slice;
  return [image.columns, image.rows, ...frame.orientation.map((x) => Math.round(x * 1000) + 0), ...frame.pixelSpacing.map((x) => Math.round(x * 10_000)), image.frameOfReferenceUid ?? "", frame.isLocalizer].join(" ");
};

/** Whether two slices may be of one stack: the tolerances are those of `planSeries`. */
const isAlike = ({ frame: a }: Slice, { frame: b }: Slice) => a.orientation.length === b.orientation.length
  && a.orientation.every((x, i) => Math.abs(x - b.orientation[i]) <= 0.0002 || (Number.isNaN(x) && Number.isNaN(b.orientation[i])))
  && a.pixelSpacing.every((x, i) => Math.abs(x - b.pixelSpacing[i]) <= 0.0001 * b.pixelSpacing[i] || (Number.isNaN(x) && Number.isNaN(b.pixelSpacing[i])));
/** Slices of one matrix, frame of reference and kind whose directions and spacings are alike; each is compared with the first of a group. */
function byGeometry(slices: Slice[]): Slice[][] {
  const exact = ({ frame, from: { image } }: Slice) => `${image.columns} ${image.rows} ${image.frameOfReferenceUid ?? ""} ${frame.isLocalizer}`;
  return [...Map.groupBy(slices, exact).values()].flatMap((group) => {
    const made: Slice[][] = [];
    for (const slice of group) {
      const own = made.find(([first]) => isAlike(slice, first));
      if (own) own.push(slice);
      else made.push([slice]);
    }
    return made;
  });
}

const alongNormal = (slices: Slice[]): number[] => placesAlong(slices.map(({ frame }) => frame));
const samePlace = (a: Slice, b: Slice) => a.frame.position.every((x, i) => Math.abs(x - b.frame.position[i]) < samePlaceMm);

/** Splits slices that share places into sub-volumes by what tells them apart; one group where nothing does. */
function byTells(slices: Slice[]): Slice[][] {
  const along = alongNormal(slices), order = slices.map((_, i) => i).sort((x, y) => along[x] - along[y]);
  const isDoubled = order.some((s, i) => i > 0 && samePlace(slices[s], slices[order[i - 1]]));
  if (!isDoubled) return [slices];
  const groups = [...Map.groupBy(slices, (s) => s.frame.tells).values()];
  return groups.length > 1 && groups.some((g) => g.length >= 3) ? groups : [slices];
}

/** The slices of the part that was asked for; all where none was. */
function partOf(slices: Slice[], part: ImportOptions["part"]): Slice[] {
  if (!part) return slices;
  const along = alongNormal(slices);
  return slices.filter((_, i) => isInPart(along[i], part));
}

function judge(uid: string, split: string, all: Slice[], copies: string[], options: ImportOptions, limits: ImportLimits): Candidate {
  const inPart = partOf(all, options.part), isTooFew = inPart.length < 3 && inPart.length < all.length, slices = isTooFew ? all : inPart, beside = all.length - slices.length;
  const no = (refusal: ImportRefused): Candidate => ({ uid, slices, plan: null, refusal, split, copies, beside }), [{ from: { image }, frame }] = all;
  if (image.modality !== "CT") return no(new ImportRefused("not-ct", `This series is not a CT (modality ${image.modality.replace(/[^A-Z]/g, "").slice(0, 8) || "missing"}).`, { tag: "(0008,0060)" }));
  if (frame.isLocalizer) return no(new ImportRefused("not-a-volume", "These images are localizers, not a volume."));
  if (/^1\.2\.840\.10008\.5\.1\.4\.1\.1\.7(\.|$)/.test(image.sopClassUid)) return no(new ImportRefused("not-a-volume", "These images are secondary captures, not a volume."));
  if (isTooFew) {
    const along = alongNormal(all);
    return no(new ImportRefused("not-a-volume", `Only ${inPart.length} of ${all.length} slices lie from ${options.part?.fromMm} to ${options.part?.toMm} mm; the series reaches from ${Math.min(...along).toFixed(1)} to ${Math.max(...along).toFixed(1)} mm along its slices. Choose a part of at least 3.`));
  }
  const files = [...new Set(slices.map(({ from }) => from))];
  try {
    const truncated: string[] = [];
    let first: ImportRefused | null = null;
    for (const file of files) {
      try {
        checkPixels(file);
      } catch (error) {
        if (!(error instanceof ImportRefused)) throw error;
        first ??= error;
        truncated.push(file.file.label);
      }
    }
    if (first) throw new ImportRefused(first.code, first.message, { ...first.details, files: truncated.slice(0, 20), count: truncated.length });
  } catch (error) {
    if (error instanceof ImportRefused) return no(error);
    throw error;
  }
  const made = planSeries(slices.map(geometryOf), { useRegularPart: options.useRegularPart ?? false, maxVoxels: limits.maxVoxels });
  if (made.ok) return { uid, slices, plan: made.plan, refusal: null, split, copies, beside };
  const { code, message, details, slices: which } = made.refusal;
  return no(new ImportRefused(code, message, { ...details, files: which.slice(0, 20).map((i) => labelOf(slices[i])) }));
}

/** Groups images by series, then by geometry, then by what tells doubled places apart; judges each group. Order of files plays no part. */
export function candidatesOf(images: ImageFile[], options: ImportOptions, limits: ImportLimits): Candidate[] {
  let series = 0;
  const candidates: Candidate[] = [], text = (a: string, b: string) => a < b ? -1 : a > b ? 1 : 0;
  // Hidden UIDs are made anew for each import: series are then numbered as their files come.
  const bySeries = [...Map.groupBy(images, ({ image }) => image.seriesUid)];
  for (const [seriesUid, files] of options.hideUids ? bySeries : bySeries.sort(([a], [b]) => text(a, b))) {
    const uid = options.hideUids ? `series ${++series}` : seriesUid;
    const seen = new Set<string>(), copies: string[] = [], slices: Slice[] = [];
    for (const from of files.sort((a, b) => text(a.image.sopUid ?? a.sha256, b.image.sopUid ?? b.sha256) || text(a.sha256, b.sha256))) {
      // The same instance twice (a copied folder) counts once; the same UID with other bytes does not.
      const id = from.sha256;
      if (seen.has(id)) { copies.push(from.file.label); continue; }
      seen.add(id);
      for (const frame of from.image.frames) slices.push({ from, frame });
    }
    const groups = byGeometry(slices).flatMap((group) => byTells(group).map((part) => ({ part, isDoubled: part.length < group.length })));
    const first = (group: Slice[]) => group.map((s) => `${s.from.image.sopUid ?? ""}${s.from.sha256}`).sort()[0];
    const tells = (group: Slice[]) => `${group[0].frame.tells} ${geometryKey({ ...group[0], from: { ...group[0].from, image: { ...group[0].from.image, frameOfReferenceUid: null } } })}`;
    groups.sort((a, b) => b.part.length - a.part.length || text(tells(a.part), tells(b.part)) || text(first(a.part), first(b.part)));
    groups.forEach(({ part, isDoubled }, at) => {
      const split = groups.length === 1 ? "" : isDoubled ? "its slices share their places with others of the series (another time point, acquisition or kernel)" : "its slices differ from others of the series in matrix, spacing, direction or frame of reference";
      candidates.push(judge(at === 0 ? uid : `${uid}#${at + 1}`, split, part, at === 0 ? copies : [], options, limits));
    });
  }
  return candidates;
}

const listed = (candidates: Candidate[]) => candidates.map((c) => ({
  series: c.uid, slices: c.slices.length, modality: c.slices[0].from.image.modality.slice(0, 16), code: c.refusal?.code ?? null,
  reason: `${c.refusal?.message ?? "usable"}${c.split ? ` It stands apart because ${c.split}.` : ""}`,
  ...c.plan ? { dims: c.plan.grid.dims, spacingMm: c.plan.grid.spacing.map((mm) => Math.round(mm * 1e4) / 1e4) } : {},
}));

/** Takes the one usable candidate. @throws ImportRefused that lists all where there is none, or more than one */
export function chooseCandidate(candidates: Candidate[], wanted: string | undefined): Candidate & { plan: SeriesPlan } {
  const pool = wanted ? candidates.filter(({ uid }) => uid === wanted) : candidates;
  if (pool.length === 0) throw new ImportRefused("no-such-series", "The series asked for is not among the files.", { series: listed(candidates) });
  const usable = pool.filter(({ plan }) => plan);
  if (usable.length > 1) throw new ImportRefused("several-series", `There are ${usable.length} series that could be the volume. Give one of them with --series.`, { series: listed(candidates) });
  if (usable.length === 0 && pool.length > 1) throw new ImportRefused("no-usable-series", `None of the ${pool.length} series makes a volume.`, { series: listed(candidates) });
  const [only] = usable.length === 1 ? usable : pool;
  if (!only.plan) throw only.refusal ?? new Error("a series without a plan or a refusal");
  return { ...only, plan: only.plan };
}
