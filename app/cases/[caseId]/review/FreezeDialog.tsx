"use client";
import Link from "next/link";
import { useState } from "react";
import { materialProfiles } from "../../../../core/implant/materials.ts";
import type { Prescription } from "../../../../core/review/manifest.ts";
import { Dialog } from "../../../ui/Dialog.tsx";
import { TextField } from "../../../ui/TextField.tsx";

const sides = ["left", "right", "both", "midline"] as const;
const kinds = ["Cranial plate", "Plate", "Drill guide", "Cutting guide", "Anatomical model"] as const;

/** A prescription as far as it is filled in. */
export type PrescriptionFields = Omit<Prescription, "side"> & { side: Prescription["side"] | "" };
/** `fields`: what stands in the form at first. `blockedFindings`: those of the CT that nobody overrode. */
interface Props { caseId: string; number: number; fields: PrescriptionFields; blockedFindings: number; onFreeze(fields: PrescriptionFields, prescription: Prescription | null): void; onClose(): void }

/** The fields of a first prescription; the material is the plan's, where there is one. */
export const firstPrescription = (region: string, material: string | null): PrescriptionFields => ({ indication: "", side: "", region, kind: kinds[0], material: material ?? materialProfiles[0].name });

/** Asks for the prescription, without which a version can be looked at and not be signed, and freezes. */
export function FreezeDialog({ caseId, number, fields: first, blockedFindings, onFreeze, onClose }: Props) {
  const [fields, setFields] = useState(first);
  const set = (name: keyof typeof fields) => (event: { target: { value: string } }) => setFields({ ...fields, [name]: event.target.value });
  const { side, ...texts } = fields, isComplete = side !== "" && Object.values(texts).every((text) => text.trim() !== "");
  return (
    <Dialog title={`Freeze version ${number}`} onClose={onClose} label="freeze">
      <form className="flex flex-col gap-3" onSubmit={(event) => { event.preventDefault(); onFreeze(fields, isComplete ? { ...texts, side } : null); }}>
        <p className="text-muted">The masks and the plan as they are now become version {number}. Everybody can go on drawing; later changes are not in it.</p>
        <TextField label="Indication" name="indication" data-autofocus="" maxLength={400} value={fields.indication} onChange={set("indication")} hint="Why the implant is needed" />
        <label className="flex flex-col gap-1 text-sm font-medium text-muted">Side
          <select name="side" className="field min-h-9 text-base font-normal text-ink" value={side} onChange={set("side")}><option value="">Choose the side</option>{sides.map((name) => <option key={name}>{name}</option>)}</select>
        </label>
        <TextField label="Region" name="region" maxLength={80} value={fields.region} onChange={set("region")} />
        <label className="flex flex-col gap-1 text-sm font-medium text-muted">Kind
          <select name="kind" className="field min-h-9 text-base font-normal text-ink" value={fields.kind} onChange={set("kind")}>{kinds.map((name) => <option key={name}>{name}</option>)}</select>
        </label>
        <label className="flex flex-col gap-1 text-sm font-medium text-muted">Material
          <select name="material" className="field min-h-9 text-base font-normal text-ink" value={fields.material} onChange={set("material")}>{[...new Set([fields.material, ...materialProfiles.map(({ name }) => name)])].map((name) => <option key={name}>{name}</option>)}</select>
        </label>
        {!isComplete && <p className="text-sm text-attention">Not complete yet: such a version can be looked at, and not be signed. What is filled in is not kept with it.</p>}
        {blockedFindings > 0 && <p data-unreleasable="" className="text-sm text-attention">{blockedFindings === 1 ? "A blocked finding" : `${blockedFindings} blocked findings`} of the CT {blockedFindings === 1 ? "is" : "are"} not overridden: what is frozen now is never released. <Link href={`/cases/${caseId}/report`} className="underline">Read the CT report</Link> first.</p>}
        <div className="flex justify-end gap-2"><button type="button" className="button min-h-11" onClick={onClose}>Cancel</button><button type="submit" className={`button min-h-11 ${isComplete ? "button-primary" : ""}`}>{isComplete ? "Freeze" : "Freeze without prescription"}</button></div>
      </form>
    </Dialog>
  );
}
