"use client";
import { useState } from "react";
import { materialProfiles } from "../../../../core/implant/materials.ts";
import type { Prescription } from "../../../../core/review/manifest.ts";
import { Dialog } from "../../../ui/Dialog.tsx";
import { TextField } from "../../../ui/TextField.tsx";

const sides = ["left", "right", "both", "midline"] as const;
const kinds = ["Cranial plate", "Plate", "Drill guide", "Cutting guide", "Anatomical model"] as const;

/** Asks for the prescription, without which a version can be looked at and not be signed, and freezes. */
export function FreezeDialog({ number, region, before, onFreeze, onClose }: { number: number; region: string; before: Prescription | null; onFreeze(prescription: Prescription | null): void; onClose(): void }) {
  const [fields, setFields] = useState<Omit<Prescription, "side"> & { side: Prescription["side"] | "" }>(before ?? { indication: "", side: "", region, kind: kinds[0], material: materialProfiles[0].name });
  const set = (name: keyof typeof fields) => (event: { target: { value: string } }) => setFields({ ...fields, [name]: event.target.value });
  const { side, ...texts } = fields, isComplete = side !== "" && Object.values(texts).every((text) => text.trim() !== "");
  return (
    <Dialog title={`Freeze version ${number}`} onClose={onClose} label="freeze">
      <form className="flex flex-col gap-3" onSubmit={(event) => { event.preventDefault(); onFreeze(isComplete ? { ...texts, side } : null); }}>
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
        {!isComplete && <p className="text-sm text-attention">Not complete yet: such a version can be looked at, and not be signed.</p>}
        <div className="flex justify-end gap-2"><button type="button" className="button min-h-11" onClick={onClose}>Cancel</button><button type="submit" className="button button-primary min-h-11">Freeze</button></div>
      </form>
    </Dialog>
  );
}
