import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { caseroomHeader } from "../../api/client.tsx";

/** Most bytes of runs in one blob; the server takes 8 MiB of runs and where they lie. */
export const mostBlobRuns = 7 * 1024 * 1024;

/** The server was not reached. */
class NotReached extends Error {}

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
   * Stores a blob, or keeps it until `sendHeld` where the server is not reached.
   * @param isAway whether the room cannot hear of it before `sendHeld`; asked once the server was not reached
   * @returns its hash
   * @throws Error for people when the server does not take it, or is not reached though the room is
   */
  async store(bytes: Uint8Array, isAway: () => boolean): Promise<string> {
    try {
      return await this.#send(bytes);
    } catch (error) {
      if (!(error instanceof NotReached)) throw error;
      if (!isAway()) throw new Error("The server cannot be reached, and a stroke this large is stored there first. Nothing was changed; try again in a moment.", { cause: error });
      const hash = bytesToHex(sha256(bytes));
      this.#held.set(hash, bytes);
      return hash;
    }
  }

  /** Stores what waits. What the server does not take is let go: the room then refuses its stroke, and says so. @throws Error where the server is not reached */
  async sendHeld(): Promise<void> {
    for (const [hash, bytes] of this.#held) {
      try {
        await this.#send(bytes);
      } catch (error) {
        if (error instanceof NotReached) throw error;
      }
      this.#held.delete(hash);
    }
  }

  async #send(bytes: Uint8Array): Promise<string> {
    const answer = await fetch(`/api/cases/${this.#caseId}/blobs`, { method: "POST", headers: { "content-type": "application/octet-stream", ...caseroomHeader }, body: new Uint8Array(bytes) })
      .catch(() => { throw new NotReached("The server cannot be reached."); });
    // A proxy that stands before a server that is away answers in its place.
    if (answer.status >= 502 && answer.status <= 504) throw new NotReached("The server cannot be reached.");
    const body: unknown = answer.ok ? await answer.json() : null;
    if (typeof body !== "object" || body === null || !("hash" in body) || typeof body.hash !== "string") throw new Error(`The server did not take the stroke (HTTP ${answer.status}). Nothing was changed.`);
    return body.hash;
  }
}
