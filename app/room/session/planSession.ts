import * as Y from "yjs";
import { missingParameters } from "../../../core/draft/earlierWork.ts";
import type { Measurement } from "../../../core/draft/measurements.ts";
import { implantsOf, measurementsOf, PlanEditor, planParametersOf, type PlanValue, readPlanKey, sectionsOf } from "../../../core/draft/planDoc.ts";
import { readPointParameter } from "../../../core/draft/planPoints.ts";
import type { Section } from "../../../core/draft/sections.ts";
import { planParameters } from "../../../core/implant/plan.ts";
import { holdUnsaved } from "../../ui/unsavedEdits.ts";
import { RoomConnection } from "./roomConnection.ts";

/** What the screen shows of a plan; replaced as a whole when something changes. */
export interface PlanState {
  isSynced: boolean;
  unsaved: number;
  /** Parameters as they stand, by implant id; what is absent has its default. */
  implants: ReadonlyMap<string, Readonly<Record<string, PlanValue>>>;
  measurements: readonly Measurement[];
  sections: readonly Section[];
  canUndo: boolean;
  canRedo: boolean;
  /** Set once the room refuses us for good. */
  refused: string | null;
  /** Keys that a peer changed last, until they are changed here. */
  fromPeers: ReadonlySet<string>;
  /** Own changes of an earlier state of the plan, which wait for the person's word; 0: none. */
  earlier: number;
}

type EarlierChanges = ReturnType<typeof missingParameters>;

/** The default of a parameter; null for a name that has none. */
export function defaultOf(parameter: string): PlanValue {
  if (parameter === "isRemoved") return false;
  const found = planParameters.find(({ key }) => key === parameter)?.default;
  return typeof found === "string" || typeof found === "number" ? found : null;
}
const nameOf = (parameter: string): string => readPointParameter(parameter) ? "a point" : parameter === "isRemoved" ? "what you added" : planParameters.find(({ key }) => key === parameter)?.name ?? parameter;
const peerMarkMs = 4000;

/** One person in a case's plan: document, editor, connection. */
export class PlanSession {
  readonly #doc = new Y.Doc();
  readonly #editor: PlanEditor;
  readonly #connection: RoomConnection;
  readonly #listeners = new Set<() => void>();
  #state: PlanState = { isSynced: false, unsaved: 0, implants: new Map(), measurements: [], sections: [], canUndo: false, canRedo: false, refused: null, fromPeers: new Set(), earlier: 0 };
  #earlierDoc: Y.Doc | null;
  #earlier: EarlierChanges = [];
  #isClosed = false;
  #isLeaving = false;
  #edit = 0;

  /** @param onEarlier A10: the plan was taken back to another state; this session is over and a new one takes over the document that it held @param earlier that document */
  constructor(caseId: string, onEarlier: (held: Y.Doc) => void, earlier: Y.Doc | null = null) {
    this.#earlierDoc = earlier;
    this.#editor = new PlanEditor(this.#doc, defaultOf);
    planParametersOf(this.#doc).observe((event, { local }) => {
      this.#read();
      if (!local && this.#state.isSynced) this.#markPeers(event.keysChanged);
    });
    this.#connection = new RoomConnection(caseId, this.#doc, {
      onChange: () => this.#connectionChanged(),
      onOwnClientIds: () => undefined,
      onEarlier: () => onEarlier(this.#doc),
      // The masks' room tells what changed in the case's rows.
      onEvent: () => undefined,
      onRefused: (refused) => {
        this.#set({ refused, isSynced: false });
        if (this.#isLeaving) this.close();
      },
      onSignedOut: () => this.#set({ isSynced: false }),
      editOf: () => ++this.#edit,
    }, "plan");
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => { this.#listeners.delete(listener); };
  };
  readonly state = (): PlanState => this.#state;

  /** Sets parameters of an entry of the plan, as one message to the room and one step of undo. @throws PlanValueError */
  set(implantId: string, values: Readonly<Record<string, PlanValue>>): void {
    try {
      this.#editor.together(() => { for (const [parameter, value] of Object.entries(values)) this.#editor.set(implantId, parameter, value); });
    } finally {
      this.#mark();
    }
  }

  /** Takes back the last own change. @returns a sentence when nothing was taken back */
  undo(): string | null { return this.#told(this.#editor.undo(), "undo"); }
  redo(): string | null { return this.#told(this.#editor.redo(), "redo"); }

  /** Sets what an earlier state of the plan had of this person's into the present one. */
  putEarlier(): void {
    const changes = this.#earlier;
    this.dropEarlier();
    for (const { implantId, parameter, value } of changes) this.set(implantId, { [parameter]: value });
  }

  /** Forgets it, by the person's decision. */
  dropEarlier(): void {
    this.#earlier = [];
    this.#earlierDoc?.destroy();
    this.#earlierDoc = null;
    this.#set({ earlier: 0 });
    this.#connectionChanged();
  }

  /** Closes the socket, as when the page is locked; edits wait until `resume`. */
  pause(): void { this.#connection.pause(); }
  resume(): void { this.#connection.resume(); }

  /** The room is not shown any more: closes once everything is saved. */
  leave(): void {
    this.#isLeaving = true;
    if (this.#connection.unsaved === 0 || this.#state.refused !== null) this.close();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    holdUnsaved(this, 0);
    this.#connection.close();
    this.#doc.destroy();
  }

  #told(end: ReturnType<PlanEditor["undo"]>, what: "undo" | "redo"): string | null {
    this.#mark();
    if (end.kind === "done") return null;
    if (end.kind === "nothing") return `There is nothing of yours to ${what} in the plan.`;
    return `«${nameOf(readPlanKey(end.key)?.parameter ?? end.key)}» was changed by somebody else since; your ${what} left it alone.`;
  }

  #connectionChanged(): void {
    const { isSynced, unsaved } = this.#connection;
    this.#set({ isSynced, unsaved });
    if (isSynced && this.#earlierDoc && this.#earlier.length === 0) {
      this.#earlier = missingParameters(this.#earlierDoc, this.#doc);
      if (this.#earlier.length === 0) this.#earlierDoc = null;
      this.#set({ earlier: this.#earlier.length });
    }
    if (!this.#isClosed) holdUnsaved(this, unsaved + this.#earlier.length);
    if (this.#isLeaving && unsaved === 0) this.close();
  }

  #markPeers(keys: ReadonlySet<string>): void {
    this.#set({ fromPeers: new Set([...this.#state.fromPeers, ...keys]) });
    setTimeout(() => this.#set({ fromPeers: new Set([...this.#state.fromPeers].filter((key) => !keys.has(key))) }), peerMarkMs);
  }

  #read(): void { this.#set({ implants: implantsOf(this.#doc), measurements: measurementsOf(this.#doc), sections: sectionsOf(this.#doc) }); }
  #mark(): void { this.#set({ canUndo: this.#editor.canUndo, canRedo: this.#editor.canRedo }); }

  #set(change: Partial<PlanState>): void {
    if (this.#isClosed) return;
    this.#state = { ...this.#state, ...change };
    for (const listener of this.#listeners) listener();
  }
}
