import * as Y from "yjs";
import { isPlanValue, maxPlanValueBytes, planParametersOf, planRoot, type PlanValue, readPlanKey } from "../../core/draft/planDoc.ts";
import { isParameterValue, isPlanParameter } from "../../core/implant/plan.ts";
import { MessageRefused, UpdateAhead } from "./refused.ts";

/** A parameter that an update sets: for the audit event. */
export interface PlanChange { key: string; old: PlanValue; now: PlanValue }

/** What came of an update: `needs` names client ids whose holder is not known yet. */
export type PlanVerdict =
  | { kind: "nothing" }
  | { kind: "ahead" }
  | { kind: "needs"; clientIds: number[] }
  | { kind: "accepted"; delta: Uint8Array; changes: PlanChange[] };

/** A plan is a few hundred small values; nobody needs more. */
const maxKeys = 2000, maxPlanBytes = 1024 * 1024;
const refuse = (message: string, code = "bad-update"): never => { throw new MessageRefused(code, message); };

/** An empty plan document with these updates in it. */
export function newPlanDoc(updates: readonly Uint8Array[]): Y.Doc {
  const doc = new Y.Doc();
  planParametersOf(doc);
  for (const update of updates) Y.applyUpdate(doc, update);
  return doc;
}

/** Client ids under which an update adds something beyond a document, each with its next clock. @throws UpdateAhead, MessageRefused */
function addedBy(doc: Y.Doc, update: Uint8Array): Map<number, number> {
  let structs: ReturnType<typeof Y.decodeUpdate>["structs"];
  try {
    ({ structs } = Y.decodeUpdate(update));
  } catch (error) {
    return refuse(`The update cannot be read: ${error instanceof Error ? error.message : "unknown"}`);
  }
  const next = new Map<number, number>();
  for (const struct of structs) {
    const { client, clock } = struct.id, known = next.get(client) ?? Y.getState(doc.store, client);
    if (!(struct.length >= 1 && struct.length <= maxPlanBytes)) refuse("A struct has an impossible length.");
    if (clock + struct.length <= known) continue;
    if (clock > known || struct instanceof Y.Skip) throw new UpdateAhead("the update continues unknown work");
    next.set(client, clock + struct.length);
  }
  return next;
}

const parametersIn = (doc: Y.Doc): Map<string, PlanValue> => new Map(planParametersOf(doc).entries());

/** What stands in a document after an update, against what stood there before: proves it, and gives the differences. */
function proveContent(doc: Y.Doc, before: ReadonlyMap<string, PlanValue>): PlanChange[] {
  // Yjs makes a root for every name that an item asks for.
  if ([...doc.share.keys()].some((name) => name !== planRoot)) refuse(`A plan has the root «${planRoot}» and no other.`);
  const parameters = planParametersOf(doc);
  if (parameters._start !== null) refuse("A plan's parameters have no order.");
  const changes: PlanChange[] = [];
  for (const key of before.keys()) if (!parameters.has(key)) refuse("Nothing is deleted in a plan; an implant is taken out by its parameter isRemoved.", "delete");
  for (const [key, value] of parameters.entries()) {
    const old = before.get(key);
    if (before.has(key) && JSON.stringify(old) === JSON.stringify(value)) continue;
    const read = readPlanKey(key);
    if (!read || !isPlanParameter(read.parameter)) refuse(`«${key.slice(0, 80)}» is no parameter of a plan.`);
    if (!isPlanValue(value) || !isParameterValue(read?.parameter ?? "", value) || new TextEncoder().encode(JSON.stringify(value)).length > maxPlanValueBytes) refuse(`«${key}»: this value cannot stand in a plan.`);
    changes.push({ key, old: old ?? null, now: value });
  }
  if (parameters.size > maxKeys) refuse(`A plan holds at most ${maxKeys} values.`);
  return changes;
}

/**
 * The second copy of a plan, with what is on its way to the log. An update is tried on a copy of its own first, since a
 * plan is small; one that is not accepted changes nothing (RM4, B2).
 */
export class PlanTwin {
  #doc: Y.Doc;

  constructor(updates: readonly Uint8Array[]) {
    this.#doc = newPlanDoc(updates);
    const { store } = this.#doc;
    if (store.pendingStructs || store.pendingDs) throw new Error("the plan's log has a gap");
  }

  /** @param own client ids that are known to be leased to the sender. @throws MessageRefused */
  check(update: Uint8Array, own: ReadonlySet<number>): PlanVerdict {
    let added: Map<number, number>;
    try {
      added = addedBy(this.#doc, update);
    } catch (error) {
      if (error instanceof UpdateAhead) return { kind: "ahead" };
      throw error;
    }
    const state = Y.encodeStateAsUpdate(this.#doc), tried = newPlanDoc([state]);
    let delta: Uint8Array | undefined;
    tried.on("update", (bytes: Uint8Array) => { delta = bytes; });
    try {
      Y.applyUpdate(tried, update);
    } catch {
      refuse("The update cannot be applied.");
    }
    if (delta === undefined) return { kind: "nothing" };
    const isWhole = !tried.store.pendingStructs && !tried.store.pendingDs && [...added].every(([client, clock]) => Y.getState(tried.store, client) === clock);
    if (!isWhole) refuse("The update is not whole.");
    const changes = proveContent(tried, parametersIn(this.#doc));
    if (state.length + delta.length > maxPlanBytes) refuse("The plan is too large.");
    const unknown = [...added.keys()].filter((clientId) => !own.has(clientId));
    if (unknown.length > 0) return { kind: "needs", clientIds: unknown };
    // A deletion that takes no value away says what the overwriting item says already.
    if (added.size === 0) return { kind: "nothing" };
    this.#doc.destroy();
    this.#doc = tried;
    return { kind: "accepted", delta, changes };
  }

  destroy(): void {
    this.#doc.destroy();
  }
}
