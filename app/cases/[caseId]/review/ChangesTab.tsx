import { materialProfiles } from "../../../../core/implant/materials.ts";
import { type ReviewVersion, shownValue } from "./reviewData.ts";

const row = "flex items-baseline justify-between gap-4 border-b border-line py-2.5";
const ml = (mm3: number): string => (mm3 / 1000).toFixed(2);
const withUnit = (value: unknown, unit: string | null): string => materialProfiles.find(({ id }) => id === value)?.name ?? (unit !== null && typeof value === "number" ? `${shownValue(value)} ${unit}` : shownValue(value));

/** What is another than in the version before: parameters side by side, masks in mL with who worked on them. */
export function ChangesTab({ version }: { version: ReviewVersion }) {
  const { difference, plan } = version;
  if (!difference) return <p className="py-3 text-muted">What changed is not known for this version.</p>;
  const { since, parameters, segments, people } = difference, isFirst = since === null;
  const shown = isFirst ? parameters.filter(({ key }) => ["thickness", "marginMm", "bevelDeg", "reference", "fixation", "perforation", "material"].includes(key)) : parameters;
  return (
    <div data-changes={since ?? 0}>
      {isFirst && <p className="pt-2 text-muted">{plan ? "The first version: these are its main parameters." : "The first version; it has no plan of an implant."}</p>}
      {!isFirst && shown.length + segments.length === 0 && <p className="py-3 text-muted">Neither plan nor masks differ from version {since}.</p>}
      <dl>
        {shown.map(({ key, name, unit, before, after }) => (
          <div key={key} data-changed={key} className={row}>
            <dt>{name}</dt>
            <dd className="text-right">{!isFirst && <><s className="text-muted"><span className="sr-only">before </span>{withUnit(before, unit)}</s> <span aria-hidden>→</span> </>}<strong className="font-semibold"><span className="sr-only">now </span>{withUnit(after, unit)}</strong></dd>
          </div>
        ))}
        {segments.map(({ value, name, addedMm3, removedMm3 }) => (
          <div key={value} className={row}><dt>{name} mask</dt><dd className="text-right">+{ml(addedMm3)} / −{ml(removedMm3)} mL</dd></div>
        ))}
      </dl>
      {people.length > 0 && <p className="pt-2 text-sm text-muted">Worked on by {people.join(", ")}{isFirst ? "" : ` since version ${since}`}.</p>}
    </div>
  );
}
