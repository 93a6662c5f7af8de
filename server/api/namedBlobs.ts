import * as Y from "yjs";
import { decodeStroke, StrokeError } from "../../core/mask/stroke.ts";
import type { Db } from "../platform/db.ts";
import { updatesAfter } from "../record/builds.ts";
import { isBaseBlob } from "../record/draftBase.ts";

/** Most cases remembered at a time. */
const mostCases = 200;
interface Known { seq: number; hashes: Set<string> }

function addHashes(update: Uint8Array, hashes: Set<string>): void {
  for (const struct of Y.decodeUpdate(update).structs) {
    if (!(struct instanceof Y.Item) || !(struct.content instanceof Y.ContentBinary || struct.content instanceof Y.ContentAny)) continue;
    for (const value of struct.content.getContent() as unknown[]) {
      if (!(value instanceof Uint8Array)) continue;
      try {
        const { content } = decodeStroke(value);
        if (content.kind === "blob") hashes.add(content.hash);
      } catch (error) {
        if (!(error instanceof StrokeError)) throw error; // a mark, or an entry that folds to nothing (MK3)
      }
    }
  }
}

/** Which blobs a case's log names: a member of one case cannot read another's by its hash. Reads only what is new. */
export class NamedBlobs {
  readonly #known = new Map<string, Known>();
  readonly #db: Db;
  constructor(db: Db) { this.#db = db; }

  async has(caseId: string, hash: string): Promise<boolean> {
    const known: Known = this.#known.get(caseId) ?? { seq: 0, hashes: new Set() };
    if (known.hashes.has(hash)) return true;
    for (const { seq, update } of await updatesAfter(this.#db, caseId, known.seq)) {
      addHashes(update, known.hashes);
      known.seq = Math.max(known.seq, seq);
    }
    this.#known.delete(caseId);
    this.#known.set(caseId, known);
    if (this.#known.size > mostCases) this.#known.delete(this.#known.keys().next().value ?? caseId);
    return known.hashes.has(hash) || isBaseBlob(this.#db, caseId, hash);
  }
}
