import * as decoding from "lib0/decoding";
import * as encoding from "lib0/encoding";
import * as Y from "yjs";
import { MessageRefused } from "./refused.ts";

/** So many clients that a document has not got may a reader name: those that it wrote under itself, one a page, and what an older copy of the log lacks. */
const maxUnknown = 1000;

/** Structs of one client in a piece, from `clock` on. */
interface Section { clock: number; count: number; encoder: Y.UpdateEncoderV1 }

/** Encoders with the memory that they have grown to: a piece is made in one go, so all states share them. */
const encoders: Y.UpdateEncoderV1[] = [], maxEncoders = 16;
function takeEncoder(): Y.UpdateEncoderV1 {
  const encoder = encoders.pop() ?? new Y.UpdateEncoderV1(), { restEncoder } = encoder;
  restEncoder.cpos = 0;
  restEncoder.bufs.length = 0;
  return encoder;
}
function giveEncoderBack(encoder: Y.UpdateEncoderV1): void {
  if (encoders.length < maxEncoders && encoder.restEncoder.cbuf.length <= 2 ** 20) encoders.push(encoder);
}

/** What has to be there before a struct can be taken in. */
function needsOf(struct: Y.Item | Y.GC): Y.ID[] {
  if (!(struct instanceof Y.Item)) return [];
  const { origin, rightOrigin, parent } = struct;
  const holder = parent instanceof Y.AbstractType ? parent._item?.id : null;
  return [origin, rightOrigin, holder].filter((id): id is Y.ID => id !== null && id !== undefined);
}

/**
 * What somebody lacks of a document, as a row of updates (Yjs' V1 format) that are made one by one, whenever there is room for
 * the next: each of about `pieceBytes`, each applicable as it comes, as whatever a struct refers to is in an earlier piece or
 * in its own. The document may change between two pieces; the last one has what there is by then, and everything deleted.
 */
export class StatePieces {
  readonly #doc: Y.Doc;
  readonly #pieceBytes: number;
  /** Next clock of each client that the reader has not been given. */
  readonly #given: Map<number, number>;
  #memory = new Uint8Array(0);
  #isOver = false;

  /**
   * @param stateVector what the reader has, as Yjs encodes it
   * @param pieceBytes a piece ends with the struct that reaches it
   * @throws Error when `stateVector` cannot be read
   * @throws MessageRefused when it names many more clients than there are: 6 MB of them are 0.7 s of the loop and 300 MiB
   */
  constructor(doc: Y.Doc, stateVector: Uint8Array, pieceBytes: number) {
    const named = decoding.readVarUint(decoding.createDecoder(stateVector));
    if (named > doc.store.clients.size + maxUnknown) throw new MessageRefused("bad-message", `The state vector names ${named} clients; the document has ${doc.store.clients.size}. Load the page again.`);
    this.#doc = doc;
    this.#pieceBytes = pieceBytes;
    // What a reader says of clients that are not here is not kept for as long as it reads.
    this.#given = new Map([...Y.decodeStateVector(stateVector)].filter(([client]) => doc.store.clients.has(client)));
  }

  /** Whether the last piece has been made: the reader has then been given all that the document has. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** The next piece; the last one, `isOver`, may be without structs. Its bytes are written over by the one after it. */
  next(): Uint8Array {
    const { store } = this.#doc, sections = new Map<number, Section>();
    const lacking = [...store.clients.keys()].filter((client) => this.#lacks(client)).sort((a, b) => b - a);
    let bytes = 0;
    for (let i = 0; i < lacking.length && bytes < this.#pieceBytes; i++) bytes = this.#write(lacking[i], sections, bytes);
    this.#isOver = !lacking.some((client) => this.#lacks(client));
    const out = takeEncoder(), { restEncoder } = out;
    encoding.writeVarUint(restEncoder, sections.size);
    for (const [client, { clock, count, encoder }] of sections) {
      encoding.writeVarUint(restEncoder, count);
      encoding.writeVarUint(restEncoder, client);
      encoding.writeVarUint(restEncoder, clock);
      for (const buffer of encoder.restEncoder.bufs) encoding.writeUint8Array(restEncoder, buffer);
      encoding.writeUint8Array(restEncoder, encoder.restEncoder.cbuf.subarray(0, encoder.restEncoder.cpos));
      giveEncoderBack(encoder);
    }
    // An update is structs, then deletions. Of a document that is known up to its end Yjs writes «no structs», one byte, and the deletions.
    if (this.#isOver) encoding.writeUint8Array(restEncoder, Y.encodeStateAsUpdate(this.#doc, Y.encodeStateVector(this.#doc)).subarray(1));
    else encoding.writeVarUint(restEncoder, 0);
    const piece = this.#keep(restEncoder);
    giveEncoderBack(out);
    return piece;
  }

  /** Copies what was encoded into memory that serves all the pieces of this state. */
  #keep({ bufs, cbuf, cpos }: encoding.Encoder): Uint8Array {
    const length = bufs.reduce((sum, buffer) => sum + buffer.length, cpos);
    if (this.#memory.length < length) this.#memory = new Uint8Array(length);
    let at = 0;
    for (const buffer of bufs) {
      this.#memory.set(buffer, at);
      at += buffer.length;
    }
    this.#memory.set(cbuf.subarray(0, cpos), at);
    return this.#memory.subarray(0, length);
  }

  #lacks(client: number): boolean {
    return Y.getState(this.#doc.store, client) > (this.#given.get(client) ?? 0);
  }

  /** Writes what is left of a client, and before each struct what it refers to, until the piece is full. @returns bytes in the piece */
  #write(first: number, sections: Map<number, Section>, before: number): number {
    const { store } = this.#doc, stack = [first], onStack = new Set(stack), places = new Map<number, number>();
    let bytes = before;
    while (stack.length > 0 && bytes < this.#pieceBytes) {
      const client = stack[stack.length - 1], structs = store.clients.get(client) ?? [], clock = this.#given.get(client) ?? 0;
      if (!this.#lacks(client)) { onStack.delete(client); stack.pop(); continue; }
      const at = places.get(client) ?? Y.findIndexSS(structs, clock), struct = structs[at];
      const missing = clock > struct.id.clock ? undefined : needsOf(struct).find((id) => id.client !== client && id.clock >= (this.#given.get(id.client) ?? 0));
      // What is in the document was taken in one after the other, so nothing refers to each other in a circle.
      if (missing && !onStack.has(missing.client)) { onStack.add(missing.client); stack.push(missing.client); continue; }
      let section = sections.get(client);
      if (!section) sections.set(client, (section = { clock, count: 0, encoder: takeEncoder() }));
      const had = encoding.length(section.encoder.restEncoder);
      struct.write(section.encoder, clock - struct.id.clock);
      section.count += 1;
      bytes += encoding.length(section.encoder.restEncoder) - had;
      this.#given.set(client, struct.id.clock + struct.length);
      places.set(client, at + 1);
      // Somebody waits for this client only: back to them as soon as may be, so that a piece follows the order of work.
      if (stack.length > 1) { onStack.delete(client); stack.pop(); }
    }
    return bytes;
  }
}
