import { differenceColors } from "../../../../core/review/differenceColors.ts";
import { buildDirectionName, choiceName } from "../../../../core/implant/planWords.ts";
import { formatQuantity } from "../../../ui/quantity.ts";
import { comparedWith } from "./comparedWith.ts";
import { type ReviewVersion, shownValue } from "./reviewData.ts";

const row = "flex items-baseline justify-between gap-4 border-b border-line py-2.5";
const ml = (mm3: number): string => (mm3 / 1000).toFixed(2);
/** «+12.30 / −0.45 mL»; of a mask that is new, only what was added. */
const changedMl = (addedMm3: number, removedMm3: number, isFirst: boolean): string => (isFirst ? `${ml(addedMm3)} mL` : `+${ml(addedMm3)} / −${ml(removedMm3)} mL`);
const withUnit = (key: string, value: unknown, unit: string | null): string => (key === "buildDirection" ? buildDirectionName(value) : typeof value === "number" ? formatQuantity(value, unit) : choiceName(value) ?? shownValue(value));

/** What is another than in the version before: a picture of it, parameters side by side, masks in mL with who worked on them. */
export function ChangesTab({ caseId, version, versions }: { caseId: string; version: ReviewVersion; versions: readonly ReviewVersion[] }) {
  const { difference, plan } = version;
  if (!difference) return <p className="py-3 text-muted">What changed is not known for this version.</p>;
  const { since, parameters, segments, people, picture } = difference, before = versions.find(({ number }) => number === since), isFirst = since === null;
  const shown = isFirst ? parameters.filter(({ key }) => ["thickness", "marginMm", "bevelDeg", "reference", "fixation", "perforation", "material"].includes(key)) : parameters;
  return (
    <div data-changes={since ?? 0}>
      {isFirst && <p className="pt-2 text-muted">{plan ? "The first version: these are its main parameters." : "The first version; it has no plan of an implant."}</p>}
      {before && <p data-compared={since} className="pt-2">{comparedWith(before, versions)}</p>}
      {!isFirst && picture && <DifferencePicture src={`/api/cases/${caseId}/versions/${version.number}/difference.png`} since={since} shown={picture.shown} />}
      {!isFirst && shown.length + segments.length === 0 && <p className="py-3 text-muted">Neither plan nor masks differ from version {since}.</p>}
      <dl>
        {shown.map(({ key, name, unit, before, after }) => (
          <div key={key} data-changed={key} className={row}>
            <dt>{name}</dt>
            <dd className="text-right">{!isFirst && <><s className="text-muted"><span className="sr-only">before </span>{withUnit(key, before, unit)}</s> <span aria-hidden>→</span> </>}<strong className="font-semibold"><span className="sr-only">now </span>{withUnit(key, after, unit)}</strong></dd>
          </div>
        ))}
        {segments.map(({ value, name, addedMm3, removedMm3 }) => (
          <div key={value} className={row}><dt>{name} mask</dt><dd className="text-right">{changedMl(addedMm3, removedMm3, isFirst)}</dd></div>
        ))}
      </dl>
      {people.length > 0 && <p className="pt-2 text-sm text-muted">Worked on by {people.join(", ")}{isFirst ? "" : ` since version ${since}`}.</p>}
    </div>
  );
}

/** Masks and implant of both versions in one picture, with what its colours mean. */
function DifferencePicture({ src, since, shown }: { src: string; since: number; shown: readonly string[] }) {
  const legend = Object.entries(differenceColors).filter(([name]) => shown.includes(name));
  return (
    <figure data-difference-picture="" className="py-2">
      <img src={src} width={780} height={600} alt={`Masks and implant in 3D against version ${since}: ${legend.map(([, { word }]) => word).join(", ")}`} className="h-auto w-full max-w-xl rounded-lg bg-black" />
      <figcaption className="flex flex-wrap gap-x-4 gap-y-1 pt-1.5 text-sm text-muted">
        {legend.map(([name, { rgb, word }]) => <span key={name} className="inline-flex items-center gap-1.5"><span aria-hidden className="size-2.5 rounded-sm" style={{ background: `rgb(${rgb.join()})` }} />{word}</span>)}
        <span>What lies behind shines through.</span>
      </figcaption>
    </figure>
  );
}
