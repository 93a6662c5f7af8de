import * as Y from "yjs";
import { isMeasurementKind, type Measurement, readMeasurement } from "./measurements.ts";
import { readSection, type Section, sectionFamily } from "./sections.ts";

/** The one root of a `plan` document: flat keys `implantId/parameter`, each an item of its own, so that two people's changes of two parameters both stay. */
export const planRoot = "parameters";

/** What a parameter may be: JSON without objects in it; small. */
export type PlanValue = string | number | boolean | null | readonly PlanValue[];

export const planParametersOf = (doc: Y.Doc): Y.Map<PlanValue> => doc.getMap<PlanValue>(planRoot);

/** Longest value in JSON, bytes; a curve of some hundred points fits. */
export const maxPlanValueBytes = 4096;
const idPattern = /^[a-z0-9]{6,24}$/;
const parameterPattern = /^[A-Za-z][A-Za-z0-9]{0,39}(?:\/[a-z0-9]{1,24})?$/;

/** `implantId/parameter`, or `implantId/points/id` for a point with an id of its own. */
export const planKey = (implantId: string, parameter: string): string => `${implantId}/${parameter}`;

/** The two halves of a key, or null where it is none. */
export function readPlanKey(key: string): { implantId: string; parameter: string } | null {
  const cut = key.indexOf("/"), implantId = key.slice(0, cut), parameter = key.slice(cut + 1);
  return cut > 0 && idPattern.test(implantId) && parameterPattern.test(parameter) ? { implantId, parameter } : null;
}

/** Whether a value may stand in a plan: JSON of numbers that are finite, strings, booleans, null, and lists of them four deep. */
export function isPlanValue(value: unknown, depth = 0): value is PlanValue {
  if (value === null || typeof value === "boolean" || typeof value === "string") return true;
  if (typeof value === "number") return Number.isFinite(value);
  return Array.isArray(value) && depth < 4 && value.every((part) => isPlanValue(part, depth + 1));
}

const sameValue = (one: PlanValue | undefined, other: PlanValue | undefined): boolean => JSON.stringify(one ?? null) === JSON.stringify(other ?? null) && (one === undefined) === (other === undefined);

/** Why a value is not taken into the plan. */
export class PlanValueError extends Error {
  override name = "PlanValueError";
}

/** The entries of a plan and their parameters as they stand, unread. Removed ones are left out. */
function entriesOf(doc: Y.Doc): Map<string, Record<string, PlanValue>> {
  const found = new Map<string, Record<string, PlanValue>>();
  // In code-unit order of the keys, so that every replica says the same.
  for (const key of [...planParametersOf(doc).keys()].sort()) {
    const read = readPlanKey(key), value = planParametersOf(doc).get(key);
    if (!read || value === undefined) continue;
    const own = found.get(read.implantId) ?? {};
    own[read.parameter] = value;
    found.set(read.implantId, own);
  }
  for (const [id, { isRemoved }] of found) if (isRemoved === true) found.delete(id);
  return found;
}

/** The implants of a plan and their parameters as they stand, unread: `core/implant/plan` says what is right. Removed ones are left out. */
export function implantsOf(doc: Y.Doc): Map<string, Record<string, PlanValue>> {
  return new Map([...entriesOf(doc)].filter(([, { family }]) => !isMeasurementKind(family) && family !== sectionFamily));
}

/** The measurements of a plan. */
export function measurementsOf(doc: Y.Doc): Measurement[] {
  return [...entriesOf(doc)].flatMap(([id, parameters]) => readMeasurement(id, parameters) ?? []);
}

/** The sections of surfaces that a plan keeps. */
export function sectionsOf(doc: Y.Doc): Section[] {
  return [...entriesOf(doc)].flatMap(([id, parameters]) => readSection(id, parameters) ?? []);
}

interface Change {
  key: string;
  old: PlanValue;
  now: PlanValue;
  /** Somebody else has set the key since; for an entry that was made, anything of it. */
  isOverwritten: boolean;
  /** Changes of one act are taken back together. */
  act: number;
  /** The entry that this change made: taking it back takes the entry out. */
  made: string | null;
}

/** How an undo ended: `overwritten` names the key that somebody else changed since; it was left alone. */
export type UndoEnd = { kind: "done"; key: string } | { kind: "overwritten"; key: string } | { kind: "nothing" };

/**
 * One person's hand in a plan document: sets parameters, and takes back only its own changes. A value that a peer
 * overwrote since is not taken back (RM4): undo says so and goes on to the change before it the next time.
 */
export class PlanEditor {
  readonly #doc: Y.Doc;
  readonly #defaults: (parameter: string) => PlanValue;
  #done: Change[] = [];
  #undone: Change[] = [];
  #act = 0;
  #isTogether = false;

  /** @param defaults what a parameter is while nobody has set it; undo of a first setting writes it (nothing is deleted in a plan) */
  constructor(doc: Y.Doc, defaults: (parameter: string) => PlanValue) {
    this.#doc = doc;
    this.#defaults = defaults;
    planParametersOf(doc).observe((event, { origin }) => {
      if (origin === this) return;
      for (const change of [...this.#done, ...this.#undone]) if (event.keysChanged.has(change.key) || (change.made !== null && [...event.keysChanged].some((key) => key.startsWith(`${change.made}/`)))) change.isOverwritten = true;
    });
  }

  get canUndo(): boolean { return this.#done.length > 0; }
  get canRedo(): boolean { return this.#undone.length > 0; }

  /** Sets a parameter; setting what is there already is no change. @throws PlanValueError */
  set(implantId: string, parameter: string, value: PlanValue): void {
    const key = planKey(implantId, parameter);
    if (!readPlanKey(key)) throw new PlanValueError(`«${key}» is no parameter of a plan`);
    if (!isPlanValue(value) || new TextEncoder().encode(JSON.stringify(value)).length > maxPlanValueBytes) throw new PlanValueError(`${parameter}: this value cannot stand in a plan`);
    const there = planParametersOf(this.#doc).get(key);
    if (sameValue(there, value)) return;
    if (!this.#isTogether) this.#act++;
    this.#write(key, value);
    this.#undone = [];
    const act = this.#act, made = this.#done.find((change) => change.act === act && change.made === implantId);
    if (parameter === "family" && there === undefined) this.#done.push({ key: planKey(implantId, "isRemoved"), old: true, now: false, isOverwritten: false, act, made: implantId });
    // What an entry is made with goes and comes with it.
    else if (!made) this.#done.push({ key, old: there ?? this.#defaults(parameter), now: value, isOverwritten: false, act, made: null });
  }

  /** What is set within is one act: one message, taken back together. `family` comes first where it makes an entry. */
  together(set: () => void): void {
    this.#act++;
    this.#isTogether = true;
    try {
      this.#doc.transact(set, this);
    } finally {
      this.#isTogether = false;
    }
  }

  undo(): UndoEnd {
    return this.#revert(this.#done, ({ old }) => old, this.#undone);
  }

  redo(): UndoEnd {
    return this.#revert(this.#undone, ({ now }) => now, this.#done);
  }

  /** Takes the last act of a list back, but for what a peer overwrote. */
  #revert(from: Change[], next: (change: Change) => PlanValue, onto: Change[]): UndoEnd {
    const last = from.at(-1);
    if (last === undefined) return { kind: "nothing" };
    let kept: string | undefined;
    this.#doc.transact(() => {
      for (let change = from.at(-1); change?.act === last.act; change = from.at(-1)) {
        from.pop();
        if (change.isOverwritten) { kept ??= change.key; continue; }
        this.#write(change.key, next(change));
        onto.push(change);
      }
    }, this);
    return kept === undefined ? { kind: "done", key: last.key } : { kind: "overwritten", key: kept };
  }

  #write(key: string, value: PlanValue): void {
    this.#doc.transact(() => planParametersOf(this.#doc).set(key, value), this);
  }
}
