import { kernelKind } from "../../../core/checks/ctKernels.ts";
import { mostVoxels, planSeries, type SeriesPlan, type SliceGeometry } from "../../../core/checks/series.ts";
import { frameName, sliceName } from "../../../core/checks/sliceName.ts";
import { oddEndOf } from "../../../core/checks/seriesGaps.ts";
import { isTextSample, slicesToLookAt } from "../../../core/deidentify/burnedIn.ts";
import { deidentify } from "../../../core/deidentify/deidentify.ts";
import { describeImage } from "../../../core/volume/dicom/image.ts";
import { looksLikeDicom, readDicom } from "../../../core/volume/dicom/reader.ts";
import { emptiedRemains, isEmptied, remainsOf, type Remains } from "../../../core/volume/dicom/remains.ts";
import { volumeFileKind } from "../../../core/volume/volumeFileKind.ts";
import { volumeFacts } from "./cleanVolume.ts";
import { headBytes, headerOf } from "./headerOf.ts";
import { isoDay, ownText, personName } from "./ownText.ts";
import { lookAt } from "./lookAt.ts";
import type { Preview } from "./preview.ts";
import type { Source } from "./sources.ts";
import { isZip } from "./zipEntries.ts";

/** Whom a scan is of, as its files say. It is shown to the person who chose the files and never leaves the page. */
export interface ScannedPatient { key: string; name: string; id: string; birth: string }
/** One series as the person sees it before anything is sent. Its texts stay in the page. */
export interface PreparedSeries {
  id: string;
  /** Indices into the sources. */
  members: number[];
  bytes: number;
  modality: string;
  description: string;
  seriesNumber: string;
  patient: ScannedPatient;
  /** How many patients its files name; more than one is a mix-up. */
  patients: number;
  /** Character sets of its texts that are not understood: «?» stands for their letters. */
  unreadSets: string[];
  studyUid: string;
  /** YYYY-MM-DD; empty where none is told. */
  studyDate: string;
  /** Its reconstruction kernels, and what they are together. */
  kernel: string;
  kernelKind: ReturnType<typeof kernelKind>;
  images: number;
  columns: number;
  rows: number;
  thicknessMm: number | null;
  scanAgeDays: number | null;
  isChild: boolean | null;
  /** Why a person should look at the pixels before they leave. */
  lookAtPixels: string[];
  /** Empty where it may be a volume. */
  whyNot: string;
  /** Where one slice at an end stands at another distance than all others: how many there are, how many of them even, and the distances, mm. */
  oddEnd: { slices: number; even: number; gapMm: number; oddMm: number } | null;
  /** Where it has more voxels than a volume may have: the places of its slices along their normal, mm, and how many of them next to each other can be taken. */
  tooLong: { places: number[]; most: number } | null;
  preview: Preview | null;
  /** Its slices along the stack: the source and frame of each, and what the import calls it. */
  slices: { at: number; frame: number; name: string }[];
  /** Which of them, rising, hold what looks like text. */
  written: number[];
}
export interface PreparedVolume { member: number; path: string; bytes: number; kind: string; cleared: string[]; isClean: boolean }
/** `remains`: what of a slice that cannot be read is known; null where it is none. */
export interface LeftOut { path: string; why: string; remains: Remains | null }
/** What was found in the files, and what becomes of it. Tags with how many files have them. */
export interface Prepared {
  series: PreparedSeries[];
  volumes: PreparedVolume[];
  /** Files that are no images: reports, directories, pictures. */
  others: number;
  broken: LeftOut[];
  kept: [string, number][];
  replaced: [string, number][];
  removed: [string, number][];
  privateTags: number;
  /** What the import calls the image of a file, by index into the sources. */
  names: Map<number, string>;
}

/** As the import will judge it: the places of all images, by the same function. */
function plannedAs(geometry: readonly SliceGeometry[]): SeriesPlan | null {
  const made = planSeries(geometry, { useRegularPart: false, maxVoxels: Infinity });
  return made.ok ? made.plan : null;
}
function oddEndIn({ spacing, along }: SeriesPlan): PreparedSeries["oddEnd"] {
  const gap = oddEndOf(spacing, along.length), even = spacing.run.last - spacing.run.first + 1;
  return gap && even >= 3 ? { slices: along.length, even, gapMm: spacing.gapMm, oddMm: gap.mm } : null;
}

/** How many slices from the end of a stack make a volume that is taken, of a series that makes none. */
function tooLongIn(geometry: readonly SliceGeometry[], { order, along, grid }: SeriesPlan): PreparedSeries["tooLong"] {
  const { columns, rows } = geometry[0], count = order.length, fits = (n: number) => {
    const { dims } = n === count ? grid : plannedAs(order.slice(count - n).map((i) => geometry[i]))?.grid ?? { dims: [Infinity, 1, 1] };
    return dims[0] * dims[1] * dims[2] <= mostVoxels && columns * rows * n <= mostVoxels;
  };
  if (fits(count)) return null;
  let [most, tooMany] = [2, count];
  while (tooMany - most > 1) { const n = most + tooMany >> 1; if (fits(n)) most = n; else tooMany = n; }
  return { places: along.map((mm) => Math.round(mm * 1000) / 1000), most };
}

/** One kind where all are of it. */
const kindOf = (kinds: ReadonlySet<PreparedSeries["kernelKind"]>): PreparedSeries["kernelKind"] => kinds.size === 1 ? [...kinds][0] : "unknown";

interface Found { at: number; frame: number; name: string; place: number }
/** Place along the normal of the series' first slice; the position's z where that is not told. */
function placeIn([a = 1, b = 0, c = 0, d = 0, e = 1, f = 0]: readonly number[], [x, y, z]: readonly number[]): number {
  return x * (b * f - c * e) + y * (c * d - a * f) + z * (a * e - b * d);
}
/** A series while its files are read. */
interface Collected extends PreparedSeries { found: Found[]; kinds: { isPacked: boolean; imageType: string; burnedIn: string }[]; geometry: SliceGeometry[]; isLocalizer: boolean; isCapture: boolean; identities: Set<string>; kernels: Map<string, PreparedSeries["kernelKind"]> }

function whyNot(series: PreparedSeries, isLocalizer: boolean, isCapture: boolean): string {
  if (series.modality !== "CT") return `This is not a CT but ${series.modality || "of no modality"}.`;
  if (isLocalizer) return "These are localizers, single overview images.";
  if (isCapture) return "These are screen captures, not slices.";
  return series.images < 3 ? `It has ${series.images === 1 ? "one image" : `${series.images} images`}; a volume needs at least 3.` : "";
}

/**
 * Reads the headers of all files, one after the other, and tells what would be kept, replaced and removed. Nothing is changed
 * and nothing is sent. @param key the secret that this import's UIDs and dates are changed by
 */
export async function scan(sources: readonly Source[], key: Uint8Array, today: string, onProgress: (fraction: number) => void): Promise<Prepared> {
  const series = new Map<string, Collected>(), volumes: PreparedVolume[] = [], broken: LeftOut[] = [], names = new Map<number, string>();
  const tallies = { kept: new Map<string, number>(), replaced: new Map<string, number>(), removed: new Map<string, number>() };
  let others = 0, privateTags = 0;
  const strays: number[] = [];
  for (const [at, source] of sources.entries()) {
    if (at % 8 === 0) onProgress(at / sources.length / 2);
    const first = await source.head(132);
    if (!looksLikeDicom(first)) {
      if (isEmptied(first)) broken.push({ path: source.path, why: "it holds nothing", remains: emptiedRemains });
      else if (isZip(first)) broken.push({ path: source.path, why: "it is a zip inside a zip: unpack the outer one and give what is in it", remains: null });
      else if (volumeFileKind(first)) strays.push(at);
      else others++;
      continue;
    }
    try {
      const bytes = await headerOf(source), read = readDicom(bytes), image = describeImage(read);
      if (!image) { others++; continue; }
      const made = deidentify(bytes, { key, asOf: today, size: source.size });
      for (const list of ["kept", "replaced", "removed"] as const) for (const tag of new Set(made[list])) {
        if (list === "removed" && Number.parseInt(tag.slice(0, 4), 16) % 2 === 1) privateTags++;
        else tallies[list].set(tag, (tallies[list].get(tag) ?? 0) + 1);
      }
      const id = `${image.seriesUid}`, unread = new Set(image.unreadSets), said = (tag: string) => ownText(read, tag, unread);
      const whose = { key: image.identity, name: personName(said("00100010")), id: said("00100020"), birth: isoDay(said("00100030")) }, description = said("0008103e"), own: Collected = series.get(id) ?? {
        id, members: [], bytes: 0, modality: image.modality, description, seriesNumber: said("00200011"), images: 0,
        patient: whose, patients: 1, unreadSets: [],
        studyUid: image.studyUid, studyDate: isoDay(image.dates.study || image.dates.acquisition), kernel: "", kernelKind: "unknown", columns: image.columns, rows: image.rows,
        thicknessMm: image.frames[0].thicknessMm, scanAgeDays: made.scanAgeDays, isChild: made.isChild, lookAtPixels: [], whyNot: "", oddEnd: null, tooLong: null, preview: null, slices: [], written: [], found: [], kinds: [], geometry: [],
        isLocalizer: true, isCapture: true, identities: new Set(), kernels: new Map(),
      };
      series.set(id, own);
      own.identities.add(image.identity);
      for (const set of unread) if (!own.unreadSets.includes(set)) own.unreadSets.push(set);
      own.kernels.set(image.kernel, kernelKind(image.manufacturer, image.kernel));
      own.members.push(at);
      const [{ position, orientation }, second] = image.frames, name = sliceName(image.instanceNumber, second ? null : position, orientation);
      if (name) names.set(at, name);
      own.bytes += source.size;
      own.images += image.frames.length;
      for (const { position, orientation, pixelSpacing } of image.frames) own.geometry.push({ columns: image.columns, rows: image.rows, position, orientation, pixelSpacing });
      own.isLocalizer &&= image.frames[0].isLocalizer;
      own.isCapture &&= /^1\.2\.840\.10008\.5\.1\.4\.1\.1\.7(\.|$)/.test(image.sopClassUid);
      for (const reason of made.lookAtPixels) if (!own.lookAtPixels.includes(reason)) own.lookAtPixels.push(reason);
      own.kinds.push({ isPacked: read.isDeflated || read.pixels?.length === null, imageType: image.imageType, burnedIn: image.burnedIn });
      for (const [frame, { position: place, orientation: turn }] of image.frames.entries()) own.found.push({
        at, frame, place: placeIn(own.geometry[0].orientation, place), name: second ? frameName(image.instanceNumber, frame, place, turn) : name ?? source.path,
      });
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      broken.push({ path: source.path, why: error.message, remains: remainsOf(await source.head(Math.min(source.size, headBytes))) });
    }
  }
  // Beside DICOM images a mask or a converted copy is a stray file.
  if (series.size > 0) others += strays.length;
  else for (const at of strays) {
    try {
      volumes.push({ member: at, path: sources[at].path, bytes: sources[at].size, ...await volumeFacts(await sources[at].whole()) });
    } catch (error) {
      broken.push({ path: sources[at].path, why: error instanceof TypeError ? "its packed data are cut off or broken" : error instanceof Error ? error.message : "it cannot be read", remains: null });
    }
  }
  const listed: PreparedSeries[] = [];
  let done = 0;
  for (const { found, geometry, isLocalizer, isCapture, identities, kernels, kinds, ...own } of series.values()) {
    own.patients = identities.size;
    own.kernel = [...kernels.keys()].filter(Boolean).sort().join(", ");
    own.kernelKind = kindOf(new Set(kernels.values()));
    own.whyNot = whyNot(own, isLocalizer, isCapture);
    const plan = own.whyNot === "" ? plannedAs(geometry) : null;
    if (plan) { own.oddEnd = oddEndIn(plan); own.tooLong = tooLongIn(geometry, plan); }
    own.slices = found.sort((one, other) => one.place - other.place || one.at - other.at || one.frame - other.frame).map(({ at, frame, name }) => ({ at, frame, name }));
    await lookAt(own, sources, own.whyNot === "" ? slicesToLookAt(own.slices.length, isTextSample(kinds)) : [own.slices.length >> 1], (fraction) => onProgress((1 + (done + fraction) / series.size) / 2));
    done++;
    listed.push(own);
  }
  listed.sort((a, b) => Number(a.whyNot !== "") - Number(b.whyNot !== "") || b.images - a.images || (a.id < b.id ? -1 : 1));
  onProgress(1);
  const sorted = (map: Map<string, number>): [string, number][] => [...map].sort(([a], [b]) => (a < b ? -1 : 1));
  return { series: listed, volumes, others, broken, kept: sorted(tallies.kept), replaced: sorted(tallies.replaced), removed: sorted(tallies.removed), privateTags, names };
}

/** Of the files that cannot be read, those that are slices of a series, or may be: what is known of them names nobody. */
export const unreadOf = ({ broken }: Pick<Prepared, "broken">, seriesId: string) => broken.flatMap(({ remains }) => {
  if (!remains || (remains.seriesUids.length > 0 ? !remains.seriesUids.includes(seriesId) : !remains.isDicom)) return [];
  return [{ isOfSeries: remains.seriesUids.length > 0 || null, instanceNumber: remains.instanceNumber, position: remains.position }];
}).slice(0, 200);
