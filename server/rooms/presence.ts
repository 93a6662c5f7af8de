import * as decoding from "lib0/decoding";
import * as encoding from "lib0/encoding";
import { messageType, peopleColors, presenceView, type PresenceState } from "../../core/protocol/room.ts";
import type { Access } from "../record/tickets.ts";
import { MessageRefused } from "./refused.ts";

/** One entry of an awareness message; `view` null: the person left. */
export interface PresenceEntry {
  clientId: number;
  clock: number;
  view: unknown;
}

const maxEntryBytes = 4096;
const maxEntries = 500;
const maxDepth = 8;

function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (const sign of text) {
    if (sign === "[" || sign === "{") deepest = Math.max(deepest, ++depth);
    else if (sign === "]" || sign === "}") depth--;
  }
  return deepest;
}

/** Reads the entries of an awareness message; throws MessageRefused. */
export function readPresence(bytes: Uint8Array): PresenceEntry[] {
  const from = decoding.createDecoder(bytes);
  const count = decoding.readVarUint(from);
  if (count > maxEntries) throw new MessageRefused("bad-presence", "Too many presence entries.");
  const entries: PresenceEntry[] = [];
  for (let i = 0; i < count; i++) {
    const clientId = decoding.readVarUint(from);
    const clock = decoding.readVarUint(from);
    const text = decoding.readVarString(from);
    if (text.length > maxEntryBytes || depthOf(text) > maxDepth) throw new MessageRefused("bad-presence", "A presence entry is too large.");
    entries.push({ clientId, clock, view: JSON.parse(text) });
  }
  return entries;
}

interface Present<Socket> {
  clock: number;
  state: PresenceState | null;
  socket: Socket;
}

/** Who is in a room. Name, role and colour are the server's words (B6); the client says only where it looks. */
export class Presence<Socket extends object> {
  readonly #entries = new Map<number, Present<Socket>>();
  readonly #changed = new Set<number>();

  /** Takes what a socket says of its own client id. The id must be leased to its user already. */
  set(socket: Socket, { clientId, clock, view }: PresenceEntry, access: Access): void {
    const before = this.#entries.get(clientId);
    // A reconnected page repeats its entry with the same clock: its new socket answers for it from then on.
    if (before && before.clock > clock) return;
    const parsed = presenceView.safeParse(view ?? {});
    const user = { id: access.userId, name: access.name, role: access.role, color: peopleColors[access.position % peopleColors.length] };
    this.#entries.set(clientId, { clock, socket, state: view === null ? null : { ...(parsed.success ? parsed.data : {}), user } });
    this.#changed.add(clientId);
  }

  /** Says for a socket that is gone that its person left; with the same clock, so that a return is heard. */
  leave(socket: Socket): void {
    for (const [clientId, entry] of this.#entries) {
      if (entry.socket !== socket || entry.state === null) continue;
      this.#entries.set(clientId, { ...entry, state: null });
      this.#changed.add(clientId);
    }
  }

  /** Changes the stamp on everything that a person shows, after a change of role. */
  restamp(access: Access): void {
    for (const [clientId, entry] of this.#entries) {
      if (entry.state?.user.id !== access.userId || entry.state.user.role === access.role) continue;
      entry.state = { ...entry.state, user: { ...entry.state.user, role: access.role } };
      this.#changed.add(clientId);
    }
  }

  /** Message with what changed since the last call; null when nothing did. */
  takeChanges(): Uint8Array | null {
    if (this.#changed.size === 0) return null;
    const message = this.#encode([...this.#changed]);
    for (const clientId of this.#changed) if (this.#entries.get(clientId)?.state === null) this.#entries.delete(clientId);
    this.#changed.clear();
    return message;
  }

  /** Message with everybody who is here. Also what keeps a stock client from thinking that the server is gone. */
  all(): Uint8Array {
    return this.#encode([...this.#entries.keys()]);
  }

  #encode(clientIds: number[]): Uint8Array {
    const inner = encoding.createEncoder();
    encoding.writeVarUint(inner, clientIds.length);
    for (const clientId of clientIds) {
      const entry = this.#entries.get(clientId);
      encoding.writeVarUint(inner, clientId);
      encoding.writeVarUint(inner, entry?.clock ?? 0);
      encoding.writeVarString(inner, JSON.stringify(entry?.state ?? null));
    }
    const message = encoding.createEncoder();
    encoding.writeVarUint(message, messageType.awareness);
    encoding.writeVarUint8Array(message, encoding.toUint8Array(inner));
    return encoding.toUint8Array(message);
  }
}
