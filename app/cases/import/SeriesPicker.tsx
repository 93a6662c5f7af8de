import { UserRound } from "lucide-react";
import { Notice } from "../../ui/Notice.tsx";
import type { PreparedSeries } from "./scan.ts";
import { SeriesCard } from "./SeriesCard.tsx";
import { byPatient, sayPatient } from "./seriesChoice.ts";

interface Props { series: readonly PreparedSeries[]; chosen: string | null; hasVolumes: boolean; onChoose(series: PreparedSeries): void }

/** The series of what was given, under the patient that each names; those that cannot be the volume are folded away where others can. */
export function SeriesPicker({ series, chosen, hasVolumes, onChoose }: Props) {
  const usable = series.filter(({ whyNot }) => whyNot === ""), unusable = series.filter(({ whyNot }) => whyNot !== ""), patients = byPatient(series).length;
  const cards = (some: readonly PreparedSeries[]) => byPatient(some).map(({ patient, series: own }) => (
    <div key={patient.key} role="group" aria-label={`Patient ${sayPatient(patient)}`} data-patient className="mt-2 first-of-type:mt-0">
      <p className="mb-1 flex items-center gap-1.5"><UserRound aria-hidden size={14} className="shrink-0 text-muted" /><span className="truncate font-medium">{sayPatient(patient)}</span></p>
      <div className="grid gap-2 sm:grid-cols-2 xl:grid-cols-3">{own.map((one) => <SeriesCard key={one.id} series={one} isChosen={one.id === chosen} onChoose={() => onChoose(one)} />)}</div>
    </div>
  ));
  return (
    <fieldset className="min-w-0">
      <legend className="font-semibold">{usable.length > 1 ? `${usable.length} series could be the volume: pick one` : "Series"}</legend>
      <p className="mb-1.5 text-sm text-muted">Names and dates are read here and shown to you alone; they are not sent.</p>
      {patients > 1 && <div className="mb-2"><Notice kind="attention">These files name {patients} patients. Look at whose series you pick.</Notice></div>}
      {cards(usable.length > 0 ? usable : series)}
      {usable.length > 0 && unusable.length > 0 && (
        <details className="mt-2">
          <summary className="text-muted">{unusable.length === 1 ? "One other series cannot be the volume" : `${unusable.length} other series cannot be the volume`}</summary>
          <div className="mt-2">{cards(unusable)}</div>
        </details>
      )}
      {usable.length === 0 && !hasVolumes && <div className="mt-2"><Notice kind="fail">None of these series can be the volume; each says why. Ask for the CT series itself: at least 3 slices, modality CT, not a localizer and not a screen capture.</Notice></div>}
    </fieldset>
  );
}
