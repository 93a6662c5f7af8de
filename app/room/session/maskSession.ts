import * as Y from "yjs";
import { countOfWork, type EarlierWork, earlierWork, missingWork, putAgain } from "../../../core/draft/earlierWork.ts";
import { type ActPart, followMasks, MaskAuthor, blobStroke } from "../../../core/draft/masksDoc.ts";
import type { MaskBase } from "../../../core/draft/rebase.ts";
import { type DirtyBricks, foldDifference, MaskFold } from "../../../core/mask/maskFold.ts";
import { portionsOf } from "../../../core/mask/brickRuns.ts";
import type { BrickRuns, Layer, StrokeContent, StrokeId } from "../../../core/mask/stroke.ts";
import type { CaseEvent, PresenceState, PresenceView } from "../../../core/protocol/room.ts";
import type { Grid } from "../../../core/space/grid.ts";
import { holdUnsaved } from "../../ui/unsavedEdits.ts";
import { LargeStrokes, mostBlobRuns } from "./largeStrokes.ts";
import { MaskBaseLoader } from "./maskBase.ts";
import { RoomConnection } from "./roomConnection.ts";

/** What the screen shows of a session; replaced as a whole when something changes. */
export interface SessionState {
  isSynced: boolean;
  unsaved: number;
  /** Of the mask as it was when it last rested; null before the first. */
  maskHash: string | null;
  /** Voxels a label value. */
  voxels: ReadonlyMap<number, number>;
  /** The same of what is only proposed. */
  proposedVoxels: ReadonlyMap<number, number>;
  canUndo: boolean;
  canRedo: boolean;
  peers: readonly { clientId: number; state: PresenceState }[];
  /** Nobody is signed in any more; edits wait until the same person is again. */
  isSignedOut: boolean;
  /** Set once the room refuses us for good. */
  refused: string | null;
  /** Large strokes of others still on their way. */
  pendingBlobs: number;
  /** Own strokes that came too late for their place: they lie below what others drew meanwhile. */
  late: number;
  /** Own strokes and undos of an earlier state of the case, which wait for the person's word; 0: none. */
  earlier: number;
  /** Why strokes of the log show nothing (MK3), as far as the person has not seen it yet. */
  problems: readonly string[];
}

/** What a session tells the page. */
export interface MaskSessionHooks {
  onEvent: (event: CaseEvent) => void;
  /** A10: the case was taken back to another state; this session is over, and a new one takes the work over. */
  onEarlier: (work: EarlierWork, large: LargeStrokes) => void;
}

const quietMs = 200;
const presenceMs = 50;
const blobRetryMs = 2000;
/** A stroke up to this many bytes goes into the log itself, in entries of 16 KiB. */
const largestInLog = 32 * 1024;

/** One person in a case's masks: document, fold, author, connection, presence. */
export class MaskSession {
  readonly author: MaskAuthor;
  readonly #doc = new Y.Doc();
  readonly #caseId: string;
  readonly #connection: RoomConnection;
  readonly #base: MaskBaseLoader;
  readonly #large: LargeStrokes;
  #fold: MaskFold;
  #stopFollowing: () => void;
  readonly #listeners = new Set<() => void>();
  readonly #fetching = new Set<string>();
  readonly #followers = new Set<(dirty: DirtyBricks) => void>();
  #state: SessionState = { isSynced: false, unsaved: 0, maskHash: null, voxels: new Map(), proposedVoxels: new Map(), canUndo: false, canRedo: false, peers: [], isSignedOut: false, refused: null, pendingBlobs: 0, late: 0, earlier: 0, problems: [] };
  readonly #seenProblems = new Set<string>();
  /** How many of the fold's problems were there when the mask rested last. */
  #readProblems = 0;
  readonly #ownIds: Set<number>;
  /** Work of an earlier state that the present one lacks, as far as that is known yet. */
  #earlier: EarlierWork | null;
  #restTimer: ReturnType<typeof setTimeout> | undefined;
  #presenceTimer: ReturnType<typeof setTimeout> | undefined;
  #view: PresenceView = {};
  #isClosed = false;
  #isLeaving = false;
  /** Acts whose voxels are being stored: not in the document yet, and gone with the page. */
  #storing = 0;
  #edit = 0;

  /**
   * @param earlier what the person did in an earlier state of the case that the session before this one held
   * @param large what that session had of large strokes that are not stored yet
   */
  constructor(caseId: string, grid: Grid, { onEvent, onEarlier }: MaskSessionHooks, earlier: EarlierWork | null = null, large = new LargeStrokes(caseId)) {
    this.#caseId = caseId;
    this.#large = large;
    this.#earlier = earlier;
    this.#ownIds = new Set([this.#doc.clientID]);
    this.#fold = new MaskFold(grid);
    this.#base = new MaskBaseLoader(caseId, grid, (base) => this.#rebased(base));
    this.#stopFollowing = followMasks(this.#doc, this.fold, (dirty) => this.#changed(dirty));
    this.author = new MaskAuthor(this.#doc, this.fold);
    this.#doc.on("update", () => {
      this.#fetchBlobs();
      // A stroke that shows nothing changes no brick, but is told.
      if (this.fold.problems.length !== this.#readProblems) this.#rest();
    });
    this.#connection = new RoomConnection(caseId, this.#doc, {
      onChange: () => this.#connectionChanged(),
      onOwnClientIds: (clientIds) => {
        for (const clientId of clientIds) this.#ownIds.add(clientId);
        this.author.alsoOwn(clientIds);
        this.#rest();
      },
      onEarlier: () => onEarlier(this.#takeEarlier(), large),
      beforeConnect: large,
      onEvent,
      onBase: (base) => { this.#base.take(base); this.#connectionChanged(); },
      onLate: (strokes) => this.#set({ late: this.#state.late + strokes }),
      onRefused: (refused) => {
        this.#set({ refused, isSynced: false });
        if (this.#isLeaving) this.close();
      },
      onSignedOut: () => this.#set({ isSignedOut: true, isSynced: false }),
      editOf: () => (this.author.isDrawing ? this.#edit : ++this.#edit),
    });
    this.#connection.provider.awareness.on("change", ({ added, updated, removed }: Record<"added" | "updated" | "removed", number[]>) => {
      if ([added, updated, removed].some((ids) => ids.some((id) => id !== this.#doc.clientID))) this.#set({ peers: this.#peers() });
    });
    this.#rest();
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => { this.#listeners.delete(listener); };
  };
  readonly state = (): SessionState => this.#state;

  /** What the document and the base below it fold to; another one after a rebase. */
  get fold(): MaskFold { return this.#fold; }

  /** The person has seen that strokes came late. */
  lateSeen(): void { this.#set({ late: 0 }); }

  /** The person has seen why strokes show nothing: each is told once, also where a rebase folds them anew. */
  problemsSeen(): void {
    for (const problem of this.#state.problems) this.#seenProblems.add(problem);
    this.#set({ problems: [] });
  }

  /** Puts what an earlier state held into the present one: new strokes on top, one act for undo. */
  putEarlier(): void {
    if (!this.#earlier || this.#state.earlier === 0 || this.author.isDrawing) return;
    this.beginEdit();
    putAgain(this.author, this.#earlier);
    this.dropEarlier();
    this.#mark();
  }

  /** Forgets what an earlier state held, by the person's decision. */
  dropEarlier(): void {
    this.#earlier = null;
    this.#set({ earlier: 0 });
    this.#connectionChanged();
  }

  /** Tells those who paint which bricks changed. @returns to be called when it is painted no more */
  followBricks(follower: (dirty: DirtyBricks) => void): () => void {
    this.#followers.add(follower);
    return () => { this.#followers.delete(follower); };
  }

  /** Call before a stroke begins: what is sent of it counts as one edit. */
  beginEdit(): void { this.#edit += 1; }

  /** Closes the socket, as when the page is locked; drawing may go on and is delivered by `resume`. */
  pause(): void { this.#connection.pause(); }
  resume(): void {
    this.#set({ isSignedOut: false });
    this.#connection.resume();
  }

  undo(): void { if (!this.author.isDrawing) { this.author.undo(); this.#mark(); } }
  redo(): void { if (!this.author.isDrawing) { this.author.redo(); this.#mark(); } }

  /** Takes out one of the person's own older strokes, or puts it back. @returns false when it is not theirs or so already */
  setHidden(id: StrokeId, hidden: boolean): boolean {
    const isDone = !this.author.isDrawing && this.author.setHidden(id, hidden);
    if (isDone) this.#mark();
    return isDone;
  }

  /** Says where we look and with what; at most every 50 ms. */
  present(view: PresenceView): void {
    this.#view = view;
    this.#presenceTimer ??= setTimeout(() => {
      this.#presenceTimer = undefined;
      if (!this.#isClosed) this.#connection.provider.awareness.setLocalState({ ...this.#view });
    }, presenceMs);
  }

  /**
   * Writes whole strokes as one act, which undo takes back as one, here and after a reload (MK7). Large strokes' voxels go
   * to the blob store first, or out of touch before the next word to the room; only when all of them are kept is anything
   * written. Waits while a stroke is under way.
   * @param signal what is aborted before it is written writes nothing
   * @returns the strokes' ids; none when there is nothing to write
   * @throws Error for people when the server does not take a large stroke, or the session ended meanwhile; the signal's reason
   */
  async commitTogether(strokes: readonly { value: number; bricks: readonly BrickRuns[]; layer?: Layer }[], signal?: AbortSignal): Promise<StrokeId[]> {
    this.#storing++;
    this.#connectionChanged();
    try {
      const parts: ActPart[] = [];
      for (const { value, bricks, layer } of strokes) {
        if (bricks.length > 0) for (const portion of portionsOf(bricks, mostBlobRuns)) parts.push({ value, layer, content: await this.#stored(portion) });
        signal?.throwIfAborted();
      }
      if (parts.length === 0) return [];
      while (this.author.isDrawing) await new Promise((resolve) => { setTimeout(resolve, presenceMs); });
      signal?.throwIfAborted();
      if (this.#isClosed) throw new Error("The room was closed meanwhile. Nothing was changed.");
      this.beginEdit();
      return this.author.drawTogether(parts);
    } finally {
      this.#storing--;
      this.#connectionChanged();
    }
  }

  /** Voxels as the log takes them: themselves, or the name under which they are stored. */
  async #stored(bricks: BrickRuns[]): Promise<StrokeContent> {
    const { bytes, content } = blobStroke(this.fold.grid, bricks);
    if (bytes.length <= largestInLog) return { kind: "runs", bricks };
    const hash = await this.#large.store(bytes, () => this.#connection.isAway);
    // Our own voxels need not come back over the network.
    this.fold.addBlob(hash, bytes);
    return content(hash);
  }

  /** Writes a whole stroke at once; a large one's voxels go to the blob store first. @returns its id; null when there is nothing to write */
  async commit(value: number, bricks: readonly BrickRuns[], layer: Layer = "anatomy"): Promise<StrokeId | null> {
    const [id] = await this.commitTogether([{ value, bricks, layer }]);
    return id ?? null;
  }

  /** The room is not shown any more: closes once everything is saved. */
  leave(): void {
    this.#isLeaving = true;
    this.#followers.clear();
    if (this.#isAllSaved || this.#state.refused !== null) this.close();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    holdUnsaved(this, 0);
    clearTimeout(this.#restTimer);
    clearTimeout(this.#presenceTimer);
    this.#followers.clear();
    this.#stopFollowing();
    this.#base.close();
    this.#connection.close();
    this.#doc.destroy();
  }

  #connectionChanged(): void {
    const { isSynced, unsaved } = this.#connection;
    this.#rest();
    // Strokes without what lies below them are not the case's mask.
    this.#set({ isSynced: isSynced && !this.#base.isPending, unsaved });
    if (this.#state.isSynced) this.#judgeEarlier();
    const waiting = unsaved + this.#storing + (this.#earlier ? countOfWork(this.#earlier) : 0);
    if (!this.#isClosed) holdUnsaved(this, waiting);
    if (this.#isLeaving && this.#isAllSaved) this.close();
  }

  get #isAllSaved(): boolean { return this.#connection.unsaved === 0 && this.#storing === 0; }

  /** What a session after this one has to keep: own work here that is not known to be in the case's present state. */
  #takeEarlier(): EarlierWork {
    if (this.author.isDrawing) this.author.end();
    const here = earlierWork(this.#doc, this.#ownIds, this.#connection.savedClock), before = this.#earlier;
    this.#earlier = null;
    return before ? { strokes: [...before.strokes, ...here.strokes], marks: [...before.marks, ...here.marks] } : here;
  }

  /** Once the present state is here: what of the earlier work it lacks. */
  #judgeEarlier(): void {
    if (!this.#earlier || this.#state.earlier > 0) return;
    const missing = missingWork(this.#earlier, this.#doc, this.#base.horizon), earlier = countOfWork(missing);
    this.#earlier = earlier > 0 ? missing : null;
    this.#set({ earlier });
  }

  /** Goes on above a new base: the document's strokes are folded anew, and what looks different is painted. */
  #rebased(base: MaskBase): void {
    if (this.#isClosed) return;
    if (this.author.isDrawing) return void setTimeout(() => this.#rebased(base), presenceMs);
    const before = this.#fold, after = new MaskFold(before.grid, base.anatomy, base.proposal);
    this.#stopFollowing();
    this.#fold = after;
    this.#stopFollowing = followMasks(this.#doc, after, (dirty) => this.#changed(dirty));
    this.author.refold(after);
    this.#fetchBlobs();
    this.#changed(foldDifference(before, after));
    this.#connectionChanged();
  }

  #changed(dirty: DirtyBricks): void {
    for (const follower of this.#followers) follower(dirty);
    this.#rest();
  }

  #mark(): void { this.#set({ canUndo: this.author.canUndo, canRedo: this.author.canRedo }); }

  /** Reads what costs a pass over the changed bricks once the mask rests. */
  #rest(): void {
    clearTimeout(this.#restTimer);
    this.#restTimer = setTimeout(() => {
      const { problems: told } = this.#state, problems = this.fold.problems.filter((problem) => !this.#seenProblems.has(problem));
      this.#readProblems = this.fold.problems.length;
      this.#set({ problems: problems.join("\n") === told.join("\n") ? told : problems, maskHash: this.fold.hash(), voxels: this.fold.voxelCounts(), proposedVoxels: this.fold.voxelCounts("proposal"), canUndo: this.author.canUndo, canRedo: this.author.canRedo });
    }, quietMs);
  }

  #set(change: Partial<SessionState>): void {
    if (this.#isClosed) return;
    this.#state = { ...this.#state, ...change };
    for (const listener of this.#listeners) listener();
  }

  #peers(): SessionState["peers"] {
    const peers: { clientId: number; state: PresenceState }[] = [];
    for (const [clientId, state] of this.#connection.provider.awareness.getStates()) {
      if (clientId !== this.#doc.clientID && isPresence(state)) peers.push({ clientId, state });
    }
    return peers;
  }

  #fetchBlobs(): void {
    const needed = this.fold.blobNeeded();
    if (needed.length !== this.#state.pendingBlobs) this.#set({ pendingBlobs: needed.length });
    for (const hash of needed) {
      if (this.#fetching.has(hash)) continue;
      this.#fetching.add(hash);
      void this.#fetchBlob(hash);
    }
  }

  async #fetchBlob(hash: string): Promise<void> {
    try {
      const answer = await fetch(`/api/cases/${this.#caseId}/blobs/${hash}`);
      if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
      this.#changed(this.fold.addBlob(hash, new Uint8Array(await answer.arrayBuffer())));
      this.#fetching.delete(hash);
      this.#fetchBlobs();
    } catch {
      // Not there or not reachable: `pendingBlobs` shows it until a retry brings it.
      setTimeout(() => { this.#fetching.delete(hash); if (!this.#isClosed) this.#fetchBlobs(); }, blobRetryMs);
    }
  }
}

function isPresence(state: object): state is PresenceState {
  if (!("user" in state) || typeof state.user !== "object" || state.user === null) return false;
  return "name" in state.user && typeof state.user.name === "string";
}
