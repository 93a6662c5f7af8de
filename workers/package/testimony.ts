import type { ChainedEvent } from "../../core/review/audit.ts";
import type { Json } from "../../core/review/canonicalJson.ts";
import { checkNames } from "../../core/review/lifecycle.ts";
import type { Manifest } from "../../core/review/manifest.ts";
import type { SignatureStatement } from "../../core/review/statements.ts";

/** A written judgement as the design report prints it. */
export interface ToldJudgement { of: string; reason: string; by: string; at: string }
/** What people said of a version: printed in the design report, taken from what a package holds anyway. */
export interface Told { signatures: readonly SignatureStatement[]; judgements: readonly ToldJudgement[] }

const isObject = (value: Json): value is { readonly [key: string]: Json } => typeof value === "object" && value !== null && !Array.isArray(value);

/** The signatures of a version and the judgements on its reports, the latter as the case's audit chain tells them. */
export function testimonyOf(manifest: Manifest, signatures: readonly SignatureStatement[], events: readonly ChainedEvent[]): Told {
  const judgements = events.flatMap(({ action, object, actorId, at }): ToldJudgement[] => {
    if (action !== "report.judged" || !isObject(object)) return [];
    const report = manifest.reports.find(({ sha256, inputs }) => sha256 === object.reportHash || (inputs.artifact !== undefined && inputs.artifact === object.reportHash));
    return report ? [{ of: checkNames[report.check] ?? report.check, reason: String(object.reason), by: typeof object.by === "string" ? object.by : actorId ?? "", at }] : [];
  });
  return { signatures, judgements };
}
