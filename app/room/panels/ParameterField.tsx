import { useEffect, useId, useState } from "react";
import type { PlanValue } from "../../../core/draft/planDoc.ts";
import { materialProfiles } from "../../../core/implant/materials.ts";
import type { PlanParameter } from "../../../core/implant/plan.ts";
import { choiceName } from "../../../core/implant/planWords.ts";
import type { RoomSegment } from "../useRoom.ts";

interface Props {
  parameter: PlanParameter;
  value: PlanValue;
  segments: readonly RoomSegment[];
  /** What is wrong with the value, for people. */
  fault: string | null;
  /** Somebody else has just changed it. */
  isFromPeer: boolean;
  /** The insertion axis of the plate as it is built, to start from. */
  builtAxis: readonly number[] | null;
  isDisabled: boolean;
  onSet(value: PlanValue): void;
}

const number = (value: PlanValue): string => (typeof value === "number" ? String(Math.round(value * 1000) / 1000) : "");
const range = ([low, high]: readonly [number, number], unit: string | null): string => `${low} to ${high}${unit ? ` ${unit}` : ""}`;

const said = (value: unknown, unit: string | null): string => (value === null ? "none" : typeof value === "number" ? `${value}${unit ? ` ${unit}` : ""}` : choiceName(value) ?? String(value));

const isDirection = (key: string): boolean => key === "insertionAxis" || key === "buildDirection";

/** The rule behind a parameter with its numbers and where they come from. */
export function ruleText({ rule, source, range: allowed, usual, unit, default: byDefault, key }: PlanParameter): string {
  const numbers = [allowed && key !== "bone" && key !== "region" && !isDirection(key) ? `Allowed ${range(allowed, unit)}` : null, usual ? `usual ${range(usual, unit)}` : null, isDirection(key) || ["family", "outline", "fixationPoints"].includes(key) ? null : `default ${said(byDefault, unit)}`];
  const figures = numbers.filter((one) => one !== null).join(", ");
  return `${rule} ${figures === "" ? "" : `${figures}. `}Source: ${source}.`;
}

/** One parameter: its value with unit, what is wrong with it, and, while somebody is at it, its rule, ranges and source; who may not change it comes to that row too. */
export function ParameterField({ parameter, value, segments, fault, isFromPeer, builtAxis, isDisabled, onSet }: Props) {
  const id = useId(), { name, unit, usual, rule, key } = parameter;
  const isUnusual = fault === null && usual !== null && typeof value === "number" && (value < usual[0] || value > usual[1]);
  return (
    <div data-parameter={key} data-from-peer={isFromPeer || undefined} {...isDisabled && { tabIndex: 0, role: "group", "aria-label": `${name}: the rule behind it` }} className={`group grid grid-cols-[1fr_auto] items-center gap-x-3 gap-y-0.5 rounded ${isFromPeer ? "bg-accent/15 outline outline-accent" : ""}`}>
      <label htmlFor={id} className="min-w-0 truncate" title={ruleText(parameter)}>{name}</label>
      <span className="flex items-center gap-1.5">
        <Control id={id} parameter={parameter} value={value} segments={segments} isDisabled={isDisabled} hasFault={fault !== null} builtAxis={builtAxis} onSet={onSet} />
        {unit && <span className="w-5 text-sm text-muted">{unit}</span>}
      </span>
      {fault !== null && <p id={`${id}-note`} role="alert" data-fault={key} className="col-span-2 text-sm text-fail">{fault}</p>}
      {isUnusual && usual && <p id={`${id}-note`} className="col-span-2 text-sm text-attention">Usual is {range(usual, unit)}. {rule}</p>}
      <p data-rule={key} className="col-span-2 hidden text-sm text-muted group-focus:block group-focus-within:block">{ruleText(parameter)}</p>
    </div>
  );
}

function Control({ id, parameter, value, segments, isDisabled, hasFault, builtAxis, onSet }: Omit<Props, "fault" | "isFromPeer"> & { id: string; hasFault: boolean }) {
  const { key, choices } = parameter;
  const select = (options: readonly { value: PlanValue; name: string }[]) => (
    <select id={id} className="field w-56 text-ellipsis" value={JSON.stringify(value)} disabled={isDisabled} aria-invalid={hasFault || undefined} onChange={(event) => onSet(JSON.parse(event.target.value) as PlanValue)}>
      {options.some((one) => JSON.stringify(one.value) === JSON.stringify(value)) ? null : <option value={JSON.stringify(value)}>{String(value)}</option>}
      {options.map((one) => <option key={one.name} value={JSON.stringify(one.value)}>{one.name}</option>)}
    </select>
  );
  if (key === "material") return select(materialProfiles.map((one) => ({ value: one.id, name: one.name })));
  if (key === "bone") return select(segments.map((one) => ({ value: one.value, name: one.name })));
  if (key === "region") return select([{ value: null, name: "The hole in the vault" }, ...segments.map((one) => ({ value: one.value, name: one.name }))]);
  if (key === "insertionAxis") return <DirectionControl value={value} unset="Least undercut" back="Find" start={builtAxis ?? up} isDisabled={isDisabled} onSet={onSet} />;
  if (key === "buildDirection") return <DirectionControl value={value} unset="Up (S)" back="Up" start={up} isDisabled={isDisabled} onSet={onSet} />;
  if (parameter.range === null && choices) return select(choices.map((one) => ({ value: one, name: choiceName(one) ?? String(one) })));
  return (
    <>
      {choices?.includes("bone") && (
        <button type="button" className={`button px-2 py-0.5 text-sm ${value === "bone" ? "border-accent text-ink" : "text-muted"}`} aria-pressed={value === "bone"} disabled={isDisabled} onClick={() => onSet(value === "bone" ? (parameter.default as PlanValue) : "bone")}>As the bone</button>
      )}
      <NumberControl id={id} parameter={parameter} value={value} isDisabled={isDisabled} hasFault={hasFault} onSet={onSet} />
    </>
  );
}

/** Takes the number when it is left or Enter is pressed; while nobody writes in it, it shows what the plan says. */
function NumberControl({ id, parameter: { range, unit }, value, isDisabled, hasFault, onSet }: { id: string; parameter: PlanParameter; value: PlanValue; isDisabled: boolean; hasFault: boolean; onSet(value: PlanValue): void }) {
  const [text, setText] = useState(number(value)), [isWriting, setWriting] = useState(false);
  useEffect(() => { if (!isWriting) setText(number(value)); }, [value, isWriting]);
  const take = () => {
    setWriting(false);
    const read = Number(text.replace(",", "."));
    if (text.trim() !== "" && Number.isFinite(read) && read !== value) onSet(read);
    else setText(number(value));
  };
  const step = unit === "°" ? 0.5 : 0.1;
  return (
    <input
      id={id} inputMode="decimal" className="field w-20 text-right" value={text} placeholder={value === "bone" ? "bone" : ""} disabled={isDisabled} aria-invalid={hasFault || undefined}
      aria-describedby={hasFault ? `${id}-note` : undefined} title={range ? `Allowed: ${range[0]} to ${range[1]}${unit ? ` ${unit}` : ""}` : undefined}
      onFocus={() => setWriting(true)} onChange={(event) => setText(event.target.value)} onBlur={take}
      onKeyDown={(event) => {
        if (event.key === "Enter") take();
        if (event.key === "Escape") { setText(number(value)); setWriting(false); event.currentTarget.blur(); }
        if ((event.key === "ArrowUp" || event.key === "ArrowDown") && typeof value === "number") {
          event.preventDefault();
          onSet(Math.round((value + (event.key === "ArrowUp" ? step : -step)) * 1000) / 1000);
          setWriting(false);
        }
      }}
    />
  );
}

const up = [0, 0, 1] as const;

/** A direction: as the plan has it by itself (`unset`), or given by its parts (right, front, up), beginning with `start`; `back` gives it up. */
function DirectionControl({ value, unset, back, start, isDisabled, onSet }: { value: PlanValue; unset: string; back: string; start: readonly number[]; isDisabled: boolean; onSet(value: PlanValue): void }) {
  const axis = Array.isArray(value) ? (value as readonly number[]) : null;
  if (axis === null) return <span className="flex items-center gap-2 text-muted">{unset}<button type="button" className="button px-2 py-0.5 text-sm" disabled={isDisabled} onClick={() => onSet(start.map((x) => Math.round(x * 1000) / 1000))}>Give one</button></span>;
  return (
    <span className="flex items-center gap-1">
      {["Right", "Front", "Up"].map((name, i) => (
        <input
          key={`${name} ${axis[i]}`} aria-label={name} className="field w-14 text-right" inputMode="decimal" disabled={isDisabled} defaultValue={number(axis[i])} title={name}
          onBlur={(event) => { const read = Number(event.target.value); if (Number.isFinite(read) && read !== axis[i]) onSet(axis.map((one, k) => (k === i ? read : one))); }}
        />
      ))}
      <button type="button" className="button px-2 py-0.5 text-sm" disabled={isDisabled} onClick={() => onSet(null)}>{back}</button>
    </span>
  );
}
