import { keptFacts } from "../core/checks/regionFindings.ts";
import type { Blobs } from "../server/platform/blobs.ts";
import type { Db } from "../server/platform/db.ts";
import { failRegion, finishRegion, wishedRegion } from "../server/record/caseRegion.ts";
import { inThread } from "./inThread.ts";
import type { RegionAnswer, RegionQuestion } from "./regionThread.ts";

const timeoutMs = 300_000;

/** The job `judgeRegion`: judges a case's CT report for the region that somebody asked for, and changes both together. */
export async function judgeRegion({ caseId, id, userId }: { caseId: string; id: string; userId: string }, isLastAttempt: boolean, db: Db, blobs: Blobs): Promise<void> {
  const wish = await wishedRegion(db, caseId, id);
  if (!wish) return;
  const { volumeHash, grid, region, report: { findings = [], pictures = [], provenance } } = wish;
  // A volume that was not imported was never judged.
  if (!volumeHash || !grid || findings.length === 0) return void await finishRegion(db, userId, caseId, id, volumeHash, null);
  const facts = keptFacts(provenance);
  if (!facts) return failRegion(db, caseId, id, "The case was imported before it was kept what another region is judged by. Import the scan once more, with that region.");
  try {
    const judged = await inThread<RegionAnswer>(new URL("./regionThread.ts", import.meta.url), { file: await blobs.get(volumeHash), grid, region, findings, facts, place: provenance } satisfies RegionQuestion, timeoutMs), known = new Set(judged.codes);
    await finishRegion(db, userId, caseId, id, volumeHash, { findings: judged.findings, facts: judged.facts, pictures: [...pictures.filter(({ code }) => !known.has(code)), ...judged.pictures] });
  } catch (error) {
    if (isLastAttempt) await failRegion(db, caseId, id, `The report could not be judged anew for a reason of our own (id ${id}). The case keeps its region and its report.`);
    throw error;
  }
}
