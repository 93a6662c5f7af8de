import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { canonicalText, type Json } from "./canonicalJson.ts";

/** One event of a case's own chain, as it is exported. `at` is the server's time, ISO 8601 in UTC. */
export interface ChainedEvent {
  /** 1, 2, 3 … within the case, without a gap. */
  seq: number;
  at: string;
  actorId: string | null;
  caseId: string;
  action: string;
  object: Json;
  previousHash: string;
  hash: string;
}

/** What a workspace vouches for: how many events a case had, and the hash of the last ("" for none). */
export interface AuditHead { count: number; hash: string }

/** Hash of one event, 64 hex digits: over the hash before it and everything that the event says (RV3). */
export function eventHash(previousHash: string, { seq, at, actorId, caseId, action, object }: Omit<ChainedEvent, "previousHash" | "hash">): string {
  return bytesToHex(sha256(utf8ToBytes(canonicalText([previousHash, seq, at, actorId, caseId, action, object]))));
}

/** Where a chain breaks first, and how. */
export interface ChainFault { seq: number; why: "missing" | "altered" | "cut" | "foreign" }

/**
 * RV3: walks a case's chain from its first event. An event left out, altered, put elsewhere, taken from another case, or
 * cut off the end of what `head` vouches for is found.
 * @param head null where nobody vouches for the length: then a cut tail cannot be seen
 */
export function chainFault(events: readonly ChainedEvent[], caseId: string, head: AuditHead | null): ChainFault | null {
  let previous = "";
  for (const [i, event] of events.entries()) {
    if (event.caseId !== caseId) return { seq: i + 1, why: "foreign" };
    if (event.seq !== i + 1) return { seq: i + 1, why: "missing" };
    if (event.previousHash !== previous || event.hash !== eventHash(previous, event)) return { seq: event.seq, why: "altered" };
    previous = event.hash;
    if (head?.count === event.seq && head.hash !== event.hash) return { seq: event.seq, why: "altered" };
  }
  return head !== null && events.length < head.count ? { seq: events.length + 1, why: "cut" } : null;
}
