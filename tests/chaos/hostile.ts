import * as decoding from "lib0/decoding";
import * as encoding from "lib0/encoding";
import * as Y from "yjs";
import { encodeMark } from "../../core/mask/mark.ts";
import { encodeStroke } from "../../core/mask/stroke.ts";
import { messageType } from "../../core/protocol/room.ts";
import { seededRandom } from "../support/denseOracle.ts";

type Random = ReturnType<typeof seededRandom>;

export const strokeBytes = (clientId: number, counter: number, lamport: number, value = 1): Uint8Array => encodeStroke({
  id: { clientId, counter }, lamport, layer: "anatomy", value, isFinal: true, content: { kind: "runs", bricks: [{ brick: 0, runs: Uint16Array.of((counter % 1000) * 32, 1 + (counter % 32)) }] },
});

/** What one client adds to a document, as an update; `from` is not changed. */
export function updateOf(from: Y.Doc | null, clientId: number, change: (doc: Y.Doc) => void): Uint8Array {
  const doc = new Y.Doc();
  if (from) Y.applyUpdate(doc, Y.encodeStateAsUpdate(from));
  doc.clientID = clientId;
  const before = Y.encodeStateVector(doc);
  change(doc);
  const update = Y.encodeStateAsUpdate(doc, before);
  doc.destroy();
  return update;
}

export function varints(...values: (number | Uint8Array)[]): Uint8Array {
  const out = encoding.createEncoder();
  for (const value of values) {
    if (typeof value === "number") encoding.writeVarUint(out, value);
    else encoding.writeUint8Array(out, value);
  }
  return encoding.toUint8Array(out);
}

/** Flips, cuts, doubles, swaps and inserts bytes. */
export function mutate(bytes: Uint8Array, random: Random): Uint8Array {
  const out = [...bytes];
  for (let change = 1 + random.below(4); change > 0; change--) {
    const at = random.below(Math.max(1, out.length));
    switch (random.below(7)) {
      case 0: out[at] = random.below(256); break;
      case 1: out.splice(at); break;
      case 2: out.splice(at, 0, random.below(256)); break;
      case 3: out.splice(at, 1 + random.below(6)); break;
      case 4: out.splice(at, 0, ...out.slice(at, at + 1 + random.below(12))); break;
      case 5: out[at] = [0, 1, 127, 128, 255][random.below(5)]; break;
      default: out.splice(at, 0, 255, 255, 255, 255, 15);
    }
  }
  return Uint8Array.from(out);
}

/** A valid update and what is made of it; `victim` is a client id of somebody else. */
export function hostileUpdate(doc: Y.Doc, own: number, victim: number, random: Random): Uint8Array {
  const strokes = doc.getArray<Uint8Array>("strokes");
  const counter = 1 + random.below(1_000_000);
  const lamport = strokes.length + 1;
  const good = () => updateOf(doc, own, (d) => {
    for (let i = 0; i <= random.below(3); i++) d.getArray("strokes").push([strokeBytes(own, counter + i, 1 + random.below(lamport), 1 + random.below(3))]);
  });
  const clock = (client: number) => Y.getState(doc.store, client);
  switch (random.below(12)) {
    case 0: return good();
    case 1: return updateOf(doc, victim, (d) => d.getArray("strokes").push([strokeBytes(victim, counter, lamport)]));
    // A GC and a Skip struct under the victim's id and one's own, at its next clock.
    case 2: return varints(1, 1, random.chance(0.5) ? victim : own, clock(victim), Uint8Array.of(0), random.chance(0.5) ? 1e9 : 5, 0);
    case 3: return varints(1, 1, own, clock(own), Uint8Array.of(10), 1 + random.below(100), 0);
    case 4: return updateOf(doc, own, (d) => { if (strokes.length > 0) d.getArray("strokes").delete(random.below(strokes.length)); });
    case 5: return varints(0, 1, victim, 1, random.below(3), 1 + random.below(1000));
    case 6: return updateOf(doc, own, (d) => d.getArray("strokes").insert(0, [strokeBytes(own, counter, 1)]));
    case 7: return updateOf(doc, own, (d) => d.getMap("strokes").set("a", 1));
    case 8: return updateOf(doc, own, (d) => d.getArray("marks").push([encodeMark({ stroke: { clientId: victim, counter: 1 }, hidden: true, n: 1 })]));
    case 9: return Uint8Array.from({ length: random.below(60) }, () => random.below(256));
    default: return mutate(good(), random);
  }
}

function message(type: number, write: (out: encoding.Encoder) => void): Uint8Array {
  const out = encoding.createEncoder();
  encoding.writeVarUint(out, type);
  write(out);
  return encoding.toUint8Array(out);
}

function presence(clientId: number, random: Random): Uint8Array {
  const texts = ['{"crosshair":[1,2,3]}', "null", "{", '{"user":{"id":"boss","name":"Chief"}}', "[".repeat(40), `"${"x".repeat(5000)}"`, '{"__proto__":{"a":1}}', "1e999"];
  const inner = message(1 + random.below(2), (out) => {
    encoding.writeVarUint(out, clientId);
    encoding.writeVarUint(out, random.below(5));
    encoding.writeVarString(out, texts[random.below(texts.length)]);
  });
  return message(messageType.awareness, (out) => encoding.writeVarUint8Array(out, inner));
}

/** A frame that is wrong, or nearly: structure first, then bytes. */
export function hostileFrame(doc: Y.Doc, own: number, victim: number, random: Random): Uint8Array {
  const sync = (step: number, bytes: Uint8Array) => message(messageType.sync, (out) => {
    encoding.writeVarUint(out, step);
    encoding.writeVarUint8Array(out, bytes);
  });
  switch (random.below(10)) {
    case 0: return sync(0, random.chance(0.5) ? Y.encodeStateVector(doc) : mutate(Y.encodeStateVector(doc), random));
    case 1: case 2: case 3: return sync(1 + random.below(2), hostileUpdate(doc, own, victim, random));
    case 4: return presence(random.chance(0.5) ? victim : own, random);
    case 5: return varints(messageType.saveQuery, random.below(2 ** 31));
    case 6: return varints(random.below(200), random.below(1000));
    case 7: return Uint8Array.of(255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255);
    case 8: return mutate(sync(2, hostileUpdate(doc, own, victim, random)), random);
    default: return mutate(presence(own, random), random);
  }
}

/** Type of a message from the room, and where to read on. */
export function readType(data: Uint8Array): { type: number; from: decoding.Decoder } {
  const from = decoding.createDecoder(data);
  return { type: decoding.readVarUint(from), from };
}
