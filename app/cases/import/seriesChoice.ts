import type { PreparedSeries, ScannedPatient } from "./scan.ts";

/** Series under the patient that they name, in the order given. */
export function byPatient(series: readonly PreparedSeries[]): { patient: ScannedPatient; series: PreparedSeries[] }[] {
  return [...Map.groupBy(series, ({ patient }) => patient.key).values()].map((own) => ({ patient: own[0].patient, series: own }));
}

const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
/** A day of the calendar, YYYY-MM-DD, as it is said: 9 Nov 2025. */
export const sayDay = (isoDate: string): string => day.format(new Date(`${isoDate}T00:00:00Z`));

/** Whose scan, for the person alone. */
export const sayPatient = ({ name, id, birth }: ScannedPatient): string => [name || "Patient without a name", id && `ID ${id}`, birth && `born ${sayDay(birth)}`].filter(Boolean).join(" · ");

const kernelWords = { standard: "standard", sharp: "sharp", unknown: "not known to us" } as const;
export const sayKernel = ({ kernel, kernelKind }: Pick<PreparedSeries, "kernel" | "kernelKind">): string => kernel ? `kernel ${kernel} (${kernelWords[kernelKind]})` : "no kernel told";

/** What a series is called: its number and description. */
export const sayTitle = ({ seriesNumber, description, modality }: Pick<PreparedSeries, "seriesNumber" | "description" | "modality">): string =>
  [seriesNumber, description || `${modality || "Unknown"} series`].filter(Boolean).join(" · ");

/**
 * CT8: a reconstruction with a standard kernel that is at hand where a sharp one was picked: of the same study, usable, with the
 * most images. Teeth are planned on a sharp one too (DOMAIN CT8, [S50]): there nothing is said.
 */
export function standardAtHand(series: readonly PreparedSeries[], chosen: PreparedSeries, region: string): PreparedSeries | null {
  if (chosen.kernelKind !== "sharp" || region === "dental") return null;
  return series.filter((one) => one.id !== chosen.id && one.whyNot === "" && one.kernelKind === "standard" && one.studyUid === chosen.studyUid && one.studyDate === chosen.studyDate && one.patient.key === chosen.patient.key)
    .reduce<PreparedSeries | null>((best, one) => !best || one.images > best.images ? one : best, null);
}
