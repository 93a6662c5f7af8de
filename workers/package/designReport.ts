import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import Pdf from "pdfkit";
import { checkNumbers } from "../../core/checks/checkNumbers.ts";
import type { CheckReport, Criterion } from "../../core/checks/criteria.ts";
import type { ImplantReport } from "../../core/implant/cranial/build.ts";
import { rimRows } from "../../core/implant/cranial/rimWords.ts";
import { type CranialPlan, planParameters } from "../../core/implant/plan.ts";
import { buildDirectionName, choiceName } from "../../core/implant/planWords.ts";
import type { Manifest } from "../../core/review/manifest.ts";
import { meaningSentence } from "../../core/review/statements.ts";
import type { Told } from "./testimony.ts";

/** Name and version of this writer: another layout is another version. */
export const designReportNode = "designReport@5";

/** What the report tells; the same content gives the same bytes. */
export interface DesignReport {
  plan: CranialPlan;
  version: Manifest["version"];
  /** Made of the case as it was drawn, which nobody froze. */
  isDraft: boolean;
  prescription: Manifest["prescription"];
  implant: ImplantReport;
  checks: readonly CheckReport[];
  /** Opaque PNG files. */
  pictures: readonly { title: string; png: Uint8Array }[];
  signatures: Told["signatures"];
  judgements: Told["judgements"];
  hashes: Record<string, string>;
  acknowledgements: Manifest["acknowledgements"];
}

const fontFile = (weight: "400Regular" | "600SemiBold"): Buffer => readFileSync(createRequire(import.meta.url).resolve(`@expo-google-fonts/inter/${weight}/Inter_${weight}.ttf`));
const verdictWords = { pass: "pass", fail: "FAIL", needsJudgement: "needs judgement" } as const;
const shown = (value: unknown): string => value === null ? "none" : typeof value === "number" ? String(Math.round(value * 1000) / 1000) : Array.isArray(value) ? value.map(shown).join(", ") : String(value);
const limitOf = ({ pass, isLeast, unit }: Criterion): string => `${isLeast ? "at least" : "at most"} ${shown(pass)}${unit ? ` ${unit}` : ""}`;
const measured = ({ value, unit }: Criterion): string => `${shown(value)}${unit ? ` ${unit}` : ""}`;
/** A parameter as the plan's field tells it: a choice by its name, a number with its unit, points by their count. */
const parameterTold = (value: unknown, unit: string | null): string => (Array.isArray(value) && value.length > 0 && typeof value[0] === "object" ? `${value.length} points` : typeof value === "number" && unit ? `${shown(value)} ${unit}` : choiceName(value) ?? shown(value));

/** The time of a report without a version: there is no moment that it could name. */
const timeless = "1980-01-01T00:00:00.000Z";

/**
 * The design report: PDF with embedded fonts, uncompressed, its dates and its file id functions of the content. It declares
 * PDF/A-2b; conformance is not claimed.
 */
export async function designReport({ plan, version, isDraft, prescription, implant, checks, pictures, signatures, judgements, hashes, acknowledgements }: DesignReport): Promise<Uint8Array> {
  const at = new Date(version?.frozenAt ?? timeless);
  const doc = new Pdf({
    size: "A4", margin: 50, compress: false, pdfVersion: "1.7", subset: "PDF/A-2b", lang: "en", displayTitle: true, bufferPages: true,
    info: { Title: version ? `Design report ${version.caseCode} version ${version.number}` : "Design report", Producer: "Caseroom", Creator: "Caseroom", CreationDate: at, ModDate: at },
  });
  const chunks: Uint8Array[] = [];
  const done = new Promise<void>((resolve, reject) => {
    doc.on("data", (chunk: Uint8Array) => chunks.push(chunk));
    doc.on("end", resolve);
    doc.on("error", reject);
  });
  doc.registerFont("text", fontFile("400Regular"));
  doc.registerFont("strong", fontFile("600SemiBold"));
  const width = doc.page.width - 100;
  const heading = (text: string) => { doc.moveDown(0.8).font("strong").fontSize(12).fillColor("#111111").text(text, 50).moveDown(0.25); };
  const row = (name: string, value: string, more = "") => {
    if (doc.y > doc.page.height - 80) doc.addPage();
    const y = doc.y;
    doc.font("text").fontSize(9).fillColor("#444444").text(name, 50, y, { width: width * 0.4 });
    const low = doc.y;
    doc.fillColor("#111111").text(more ? `${value}   ${more}` : value, 50 + width * 0.42, y, { width: width * 0.58 });
    doc.y = Math.max(low, doc.y) + 2;
  };
  doc.font("strong").fontSize(18).text("Cranial plate: design report");
  doc.font("text").fontSize(9).fillColor("#444444").text(version ? `Case ${version.caseCode}, version ${version.number}, frozen ${version.frozenAt} (UTC)` : isDraft ? "Made of a draft: no version, no signatures." : "Made from plain files; no version, no signatures.");
  if (prescription) {
    heading("Prescription");
    for (const [name, value] of Object.entries(prescription)) row(name, value);
  }
  const [first, ...slices] = pictures;
  if (first) {
    doc.moveDown(0.6).image(Buffer.from(first.png), 50, doc.y, { fit: [width, 260], align: "center" });
    doc.y += 264;
    doc.font("text").fontSize(8).fillColor("#666666").text(first.title, 50);
  }
  if (slices.length > 0) {
    if (doc.y > doc.page.height - 240) doc.addPage();
    const each = (width - 16) / slices.length, top = doc.y + 6;
    for (const [i, { title, png }] of slices.entries()) {
      doc.image(Buffer.from(png), 50 + i * (each + 8), top, { fit: [each, 170], align: "center" });
      doc.font("text").fontSize(7).fillColor("#666666").text(title, 50 + i * (each + 8), top + 174, { width: each });
    }
    doc.y = top + 200;
  }
  heading("Parameters");
  for (const { key, name, unit } of planParameters) if (key !== "buildDirection") row(name, parameterTold(plan[key as keyof CranialPlan], unit));
  // Without one the report is that of before plans had it, byte for byte; the overhang tells its direction in any case.
  if (plan.buildDirection) row("Build direction", buildDirectionName(plan.buildDirection));
  heading("Implant");
  row("Volume", `${shown(implant.volumeMm3)} mm³`);
  row("Surface", `${shown(implant.areaMm2)} mm²`);
  row("Thickness, median (5 % to 95 %)", `${shown(implant.thickness.medianMm)} mm (${shown(implant.thickness.p5Mm)} to ${shown(implant.thickness.p95Mm)})`);
  row("Defect, centre RAS", `${shown(implant.defect.centreRas)} mm`, `${shown(implant.defect.areaMm2)} mm²`);
  for (const { name, value } of rimRows(implant.rim)) row(name, value);
  row("Undercut removed", `${shown(implant.undercut.removedMm3)} mm³`);
  for (const { message } of implant.notes) row("To be judged", message);
  for (const { check, node, method, verdict, criteria, numbers } of checks) {
    heading(`Check: ${check}, ${verdictWords[verdict]}`);
    for (const criterion of criteria) row(criterion.what, `${measured(criterion)}, ${limitOf(criterion)}: ${verdictWords[criterion.verdict]}`, criterion.source ? `[${criterion.source}]` : "");
    for (const { name, value } of checkNumbers(check, numbers)) row(name, value);
    row("Method", method, `(${node})`);
  }
  if (acknowledgements.length + judgements.length > 0) heading("Judgements and acknowledgements");
  for (const { of, reason, by, at: when } of acknowledgements) row(of, reason, `(${by}, ${when})`);
  for (const { of, reason, by, at: when } of judgements) row(of, reason, `(${by}, ${when})`);
  if (signatures.length > 0) heading("Signatures");
  for (const { name, role, meaning, reason, at: when, proof } of signatures) {
    row(`${name} (${role})`, `${meaning}: ${meaningSentence[meaning]}${reason ? ` ${reason}` : ""}`, `${when} (UTC), ${proof.method === "passkey" ? "passkey" : "password and one-time code"}`);
  }
  heading("SHA-256 of what this report is about");
  for (const [name, hash] of Object.entries(hashes)) row(name, hash);
  const { start, count } = doc.bufferedPageRange();
  for (let i = start; i < start + count; i++) {
    doc.switchToPage(i);
    doc.page.margins.bottom = 0; // the footer lies in the margin
    doc.font("text").fontSize(8).fillColor("#666666").text(`Page ${i + 1} of ${count}. Positions are RAS millimetres. Limits marked unverified are editable defaults.`, 50, doc.page.height - 36, { width, lineBreak: false });
  }
  doc.end();
  await done;
  return new Uint8Array(Buffer.concat(chunks));
}

