import { useState } from "react";
import { methodOf } from "../../../core/deidentify/profile.ts";
import { formatBytes } from "../../ui/format.ts";
import { Notice } from "../../ui/Notice.tsx";
import { regionNames, type Region } from "./importEnd.ts";
import { OddEndChoice } from "./OddEndChoice.tsx";
import { PartChoice } from "./PartChoice.tsx";
import { type Part, partOf } from "./seriesPart.ts";
import { SeriesPicker } from "./SeriesPicker.tsx";
import { sayTitle, standardAtHand } from "./seriesChoice.ts";
import type { FullSlice } from "./preview.ts";
import type { Prepared } from "./scan.ts";
import { SliceViewer } from "./SliceViewer.tsx";
import { isNamed, tagLabel } from "./tagNames.ts";
import type { Decision, Earlier } from "./useImport.ts";

interface Props { prepared: Prepared; earlier: Earlier | null; sliceOf(member: number, frame: number): Promise<FullSlice | null>; onAgree(decision: Decision): void; onCancel(): void }

const regionOf = (earlier: Earlier | null): Region => (Object.keys(regionNames) as Region[]).find((region) => region === earlier?.region) ?? "cranial";

const keptAll = (earlier: Earlier | null, { members }: Prepared["series"][number]): boolean => earlier?.members === members.join(",") && !earlier.useRegularPart;

/** What was read of the files, before anything leaves the browser: which series, what is kept and replaced, what to look at. */
export function ImportReview({ prepared, earlier, sliceOf, onAgree, onCancel }: Props) {
  const { series, volumes, others, broken } = prepared, usable = series.filter(({ whyNot }) => whyNot === "");
  const [chosen, setChosen] = useState<string | null>(usable.length === 1 ? usable[0].id : null);
  const [volume, setVolume] = useState<number | null>(volumes.length === 1 ? volumes[0].member : null);
  const [region, setRegion] = useState<Region>(regionOf(earlier));
  const [hasLooked, setLooked] = useState(false), [isViewing, setViewing] = useState(false), [hasSeen, setSeen] = useState(false), [keepsAll, setKeepsAll] = useState(usable.length === 1 && keptAll(earlier, usable[0]));
  const [scanDay, setScanDay] = useState("");
  const [part, setPart] = useState<Part | null>(null);
  const own = series.find(({ id }) => id === chosen), file = volumes.find(({ member }) => member === volume);
  const choose = (one: (typeof series)[number]) => { setChosen(one.id); setLooked(false); setSeen(false); setKeepsAll(keptAll(earlier, one)); setPart(null); };
  const standard = own ? standardAtHand(series, own, region) : null;
  const taken = own ? partOf(own, part) : null, members = taken?.members ?? (file ? [file.member] : []), bytes = taken?.bytes ?? file?.bytes ?? 0;
  const toLookAt = own?.lookAtPixels ?? [], mayGo = members.length > 0 && taken?.isTooLong !== true && (toLookAt.length === 0 || hasLooked);
  const isGoingOn = earlier !== null && (members.length === 0 || earlier.members === members.join(","));
  return (
    <div className="flex flex-col gap-4">
      <div>
        <h2 className="text-lg font-semibold">Before it leaves this computer</h2>
        <p className="text-muted">{isGoingOn ? "An upload of these files was broken off; it goes on where it stopped. " : ""}Nothing has been sent yet. {series.length > 0 ? "Only the series you pick is sent, without what names the patient." : "A volume file tells neither slice thickness nor kernel; say which region it shows, for the limits of the report depend on it."}</p>
      </div>
      {series.length > 0 && <SeriesPicker series={series} chosen={chosen} hasVolumes={volumes.length > 0} onChoose={choose} />}
      {own && standard && (
        <Notice kind="attention">
          <p>{sayTitle(own)} is a sharp reconstruction ({own.kernel}): its edges overshoot, and surfaces come out rough. A standard one of the same study is here: {sayTitle(standard)} ({standard.kernel}).</p>
          <button type="button" className="button mt-1" onClick={() => choose(standard)}>Take the standard one</button>
        </Notice>
      )}
      {own?.tooLong && taken?.part && <PartChoice series={own} tooLong={own.tooLong} part={taken.part} isTooLong={taken.isTooLong} onChange={setPart} />}
      {own?.oddEnd && !own.tooLong && <OddEndChoice oddEnd={own.oddEnd} keepsAll={keepsAll} onKeepAll={setKeepsAll} />}
      {volumes.length > 0 && (
        <fieldset>
          <legend className="mb-1.5 font-semibold">{volumes.length > 1 ? "Several volume files: pick one" : "Volume file"}</legend>
          {volumes.map((one) => (
            <label key={one.member} className="flex items-center gap-2 rounded-md border border-line px-3 py-2">
              <input type="radio" name="import-volume" checked={one.member === volume} onChange={() => setVolume(one.member)} />
              <span className="min-w-0 flex-1 truncate">{one.path}</span><span className="text-muted">{one.kind} · {formatBytes(one.bytes)}</span>
            </label>
          ))}
        </fieldset>
      )}
      {file && (
        <label className="flex flex-wrap items-center gap-2">Day of the scan
          <input type="date" className="field w-auto" data-scan-day="" max={new Date().toISOString().slice(0, 10)} value={scanDay} onChange={(event) => setScanDay(event.target.value)} />
          <span className="text-sm text-muted">A volume file tells none. Only how many days ago it was goes with it; left open, the report says that the scan&apos;s age is not known.</span>
        </label>
      )}
      <section aria-label="What is kept and replaced" className="grid gap-x-6 gap-y-3 sm:grid-cols-3">
        {series.length > 0 ? (
          <>
            <TagList title="Replaced" hint="by names, UIDs and dates of our own, the same in every file" tags={prepared.replaced} />
            <TagList title="Removed" hint={prepared.privateTags > 0 ? `and ${prepared.privateTags} private values of the maker` : "with every sequence that does not place an image"} tags={prepared.removed} />
            <TagList title="Kept" hint="what places the voxels and judges the scan" tags={prepared.kept} />
            <p className="text-sm text-muted sm:col-span-3" data-profile>
              By DICOM PS3.15: {methodOf(false).map(({ code, meaning }) => `${meaning} (${code})`).join(", with ")}. The files say so themselves. Of what the profile leaves to choose, maker and model of the scanner stay; the patient&apos;s sex, age and weight do not.
            </p>
          </>
        ) : file && (
          <>
            <div><h3 className="font-semibold">Removed</h3><p className="text-muted">{file.cleared.length > 0 ? file.cleared.join(", ") : "Nothing: there is no text in it."}</p></div>
            <div className="sm:col-span-2"><h3 className="font-semibold">Kept</h3><p className="text-muted">Size, type, place and values of the voxels. The file&apos;s name stays here.</p></div>
          </>
        )}
      </section>
      <div className="flex flex-col gap-2">
        {own && isViewing && <SliceViewer series={own} sliceOf={sliceOf} onClose={() => setViewing(false)} />}
        {own && toLookAt.length === 0 && <p><button type="button" className="button" onClick={() => setViewing(true)}>Look at the slices…</button></p>}
        {toLookAt.length > 0 && (
          <Notice kind="attention">
            <p>Look at the pixels of this series: {toLookAt.join("; ")}. Text in the picture itself is not removed.</p>
            <button type="button" className="button mt-1" onClick={() => { setViewing(true); setSeen(true); }}>Look at the slices…</button>
            <label className={`mt-1 flex items-center gap-2 ${hasSeen ? "" : "text-muted"}`}><input type="checkbox" checked={hasLooked} disabled={!hasSeen} onChange={(event) => setLooked(event.target.checked)} />I have looked: no name can be read in these pictures.</label>
          </Notice>
        )}
        {own && <Notice kind="info">The scan&apos;s own UIDs go into an encrypted map of the case, so that results can go back to the PACS it came from. Nobody sees them; who exports with them has to have the right, and it is recorded.</Notice>}
        <Notice kind="info">A CT of the head shows a face when it is drawn in three dimensions, and a face can be recognised. The case stays patient data also without a name: invite only who needs it.</Notice>
        {own && <Notice kind="info">{own.scanAgeDays === null ? "The files tell no day of the scan: its age will not be judged." : `The scan is ${own.scanAgeDays} days old. This number is kept; its dates are shifted by a number of days that nobody else knows.`}</Notice>}
        {own && own.unreadSets.length > 0 && <Notice kind="attention"><p data-unread-sets>Texts of these files are in a character set that is not understood ({own.unreadSets.join(", ")}): «?» stands for letters of it, or others stand there than were meant, in the patient&apos;s name too.</p></Notice>}
        {broken.length > 0 && <Notice kind="attention"><p>{broken.length === 1 ? "One file" : `${broken.length} files`} cannot be read and {broken.length === 1 ? "is" : "are"} not sent: {broken.slice(0, 3).map(({ path, why }) => `${path} (${why})`).join("; ")}{broken.length > 3 ? " …" : ""}.</p></Notice>}
        {others > 0 && <p className="text-sm text-muted">{others === 1 ? "One other file is" : `${others} other files are`} no image of a scan and {others === 1 ? "stays" : "stay"} here.</p>}
      </div>
      <div className="sticky bottom-0 -mx-4 -mb-4 flex flex-wrap items-center gap-2 rounded-b-xl border-t border-line bg-pane px-4 py-3">
        <label className="mr-auto flex items-center gap-2">Region
          <select className="field w-auto pointer-coarse:min-h-11" value={region} onChange={(event) => setRegion(event.target.value as Region)}>
            {Object.entries(regionNames).map(([value, name]) => <option key={value} value={value}>{name}</option>)}
          </select>
        </label>
        <button type="button" className="button pointer-coarse:min-h-11" onClick={onCancel}>Cancel</button>
        <button type="button" className="button button-primary max-sm:w-full pointer-coarse:min-h-11" disabled={!mayGo} onClick={() => onAgree({ members, seriesId: own?.id ?? null, region, useRegularPart: own?.oddEnd != null && !own.tooLong && !keepsAll, ...taken?.range && { part: taken.range }, ...file && scanDay !== "" && { scanDay } })}>
          {isGoingOn ? "Go on with the upload" : file?.isClean ? "Upload" : "De-identify and upload"}{bytes > 0 ? ` (${formatBytes(bytes)})` : ""}
        </button>
      </div>
    </div>
  );
}

function TagList({ title, hint, tags }: { title: string; hint: string; tags: readonly [string, number][] }) {
  const shown = [...tags].sort(([a], [b]) => Number(isNamed(b)) - Number(isNamed(a)));
  return (
    <div className="min-w-0">
      <h3 className="font-semibold">{title} <span className="font-normal text-muted">{tags.length}</span></h3>
      <p className="mb-1 text-sm text-muted">{hint}</p>
      <ul tabIndex={0} aria-label={title} className="max-h-36 overflow-y-auto rounded-md border border-line px-2 py-1 text-sm">
        {shown.map(([tag]) => <li key={tag} className="truncate">{tagLabel(tag)}</li>)}
        {shown.length === 0 && <li className="text-muted">nothing</li>}
      </ul>
    </div>
  );
}
