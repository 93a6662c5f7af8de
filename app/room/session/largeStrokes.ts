import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { caseroomHeader } from "../../api/client.tsx";

/** Most bytes of runs in one blob; the server takes 8 MiB of runs and where they lie. */
export const mostBlobRuns = 7 * 1024 * 1024;

/** It cannot be stored as things are, but the same bytes may be later. `isThere`: the server itself said so. */
class NotNow extends Error {
  readonly isThere: boolean;
  constructor(message: string, isThere: boolean) { super(message); this.isThere = isThere; }
}

/** Whether a status says that the server never takes these bytes of this person; a session that ended, a full disk or a crowd pass. */
const isFinal = (status: number): boolean => status >= 400 && status < 500 && ![401, 408, 425, 429].includes(status);

/**
 * Voxels of large strokes on their way to the blob store. What is drawn out of touch stays in the page's memory and is stored
 * before the room hears of it, so that no stroke comes without its voxels.
 */
export class LargeStrokes {
  readonly #caseId: string;
  readonly #held = new Map<string, Uint8Array>();

  constructor(caseId: string) { this.#caseId = caseId; }

  /** Whether something waits to be stored. */
  get isHolding(): boolean { return this.#held.size > 0; }

  /**
   * Stores a blob, or keeps it until `sendHeld` where the server cannot take it now.
   * @param isAway whether the room cannot hear of it before `sendHeld`; asked once it could not be stored
   * @returns its hash
   * @throws Error for people when the server does not take it, or cannot now though the room is in touch
   */
  async store(bytes: Uint8Array, isAway: () => boolean): Promise<string> {
    try {
      return await this.#send(bytes);
    } catch (error) {
      if (!(error instanceof NotNow)) throw error;
      if (!isAway()) throw error.isThere ? error : new Error("The server cannot be reached, and a stroke this large is stored there first. Nothing was changed; try again in a moment.", { cause: error });
      const hash = bytesToHex(sha256(bytes));
      this.#held.set(hash, bytes);
      return hash;
    }
  }

  /** Stores what waits. What the server never takes is let go: the room then refuses its stroke, and says so. @throws Error where it cannot be stored now; it still waits then */
  async sendHeld(): Promise<void> {
    for (const [hash, bytes] of this.#held) {
      try {
        await this.#send(bytes);
      } catch (error) {
        if (error instanceof NotNow) throw error;
      }
      this.#held.delete(hash);
    }
  }

  async #send(bytes: Uint8Array): Promise<string> {
    const answer = await fetch(`/api/cases/${this.#caseId}/blobs`, { method: "POST", headers: { "content-type": "application/octet-stream", ...caseroomHeader }, body: new Uint8Array(bytes) })
      .catch(() => { throw new NotNow("The server cannot be reached.", false); });
    // A proxy that stands before a server that is away answers in its place.
    if (answer.status >= 502 && answer.status <= 504) throw new NotNow("The server cannot be reached.", false);
    if (!answer.ok) {
      const words = `The server did not take the stroke (HTTP ${answer.status}). Nothing was changed.`;
      throw isFinal(answer.status) ? new Error(words) : new NotNow(words, true);
    }
    // An answer that was cut off on its way says nothing of what was stored; the same bytes again do no harm.
    const body: unknown = await answer.json().catch(() => null);
    if (typeof body !== "object" || body === null || !("hash" in body) || typeof body.hash !== "string") throw new NotNow("The server's answer did not come through. Nothing was changed.", true);
    return body.hash;
  }
}
