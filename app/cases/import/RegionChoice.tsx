import { Notice } from "../../ui/Notice.tsx";
import { regionNames, type Region } from "./importEnd.ts";

const nameOf = (region: string): string => regionNames[region as Region] ?? region;

/** What the CT is judged for; another region is judged anew by itself. While one is judged another may be asked for: it takes that one's place. */
export function RegionChoice({ region, wish, mayChange, isBusy, onChange }: { region: string; wish: { region: Region; message?: string } | null; mayChange: boolean; isBusy: boolean; onChange(region: Region): void }) {
  const isJudging = wish !== null && wish.message === undefined;
  return (
    <section aria-label="Region" className="flex flex-wrap items-center gap-3">
      {mayChange ? (
        <label className="flex items-center gap-2">
          <span className="font-medium">Judged for</span>
          <select className="field w-auto" data-region-choice="" value={isJudging ? wish.region : region} disabled={isBusy} onChange={(event) => onChange(event.target.value as Region)}>
            {Object.entries(regionNames).map(([value, name]) => <option key={value} value={value}>{name}</option>)}
          </select>
        </label>
      ) : <p><span className="font-medium">Judged for</span> {nameOf(region)}</p>}
      <p role="status" className="text-muted">{isJudging ? `Judging for ${nameOf(wish.region)}…` : mayChange ? "Slice thickness and what has to lie in the scan depend on it; overrides of what is found otherwise then fall." : ""}</p>
      {wish?.message !== undefined && <Notice kind="fail">{`${nameOf(wish.region)}: ${wish.message}`}</Notice>}
    </section>
  );
}
