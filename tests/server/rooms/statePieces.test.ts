import * as encoding from "lib0/encoding";
import { describe, expect, it } from "vitest";
import * as Y from "yjs";
import { MessageRefused } from "../../../server/rooms/refused.ts";
import { StatePieces } from "../../../server/rooms/statePieces.ts";
import { seededRandom } from "../../support/denseOracle.ts";

const pieceBytes = 2048, longestStruct = 1500;
const nothing = Y.encodeStateVector(new Y.Doc());

/** What a document is to a reader: its values, and that nothing waits for something else. */
function standing(doc: Y.Doc) {
  return { strokes: doc.getArray("strokes").toArray(), plan: doc.getMap("plan").toJSON(), text: doc.getText("note").toString(), vector: [...Y.decodeStateVector(Y.encodeStateVector(doc))].sort((a, b) => a[0] - b[0]) };
}

/** People who append, set keys, nest, write and delete, and hear of each other now and then. */
function people(seed: number, count: number) {
  const random = seededRandom(seed), docs = Array.from({ length: count }, (_, i) => {
    const doc = new Y.Doc();
    doc.clientID = 1000 * (i + 1) + random.below(900);
    return doc;
  });
  const act = (steps: number) => {
    for (let i = 0; i < steps; i++) {
      const doc = docs[random.below(count)];
      switch (random.below(7)) {
        case 0: doc.getArray<Uint8Array>("strokes").push([new Uint8Array(1 + random.below(longestStruct)).fill(i)]); break;
        case 1: doc.getMap("plan").set(`key ${random.below(10)}`, i); break;
        case 2: doc.getMap("plan").set(`list ${random.below(4)}`, new Y.Array()); break;
        case 3: {
          const list = doc.getMap("plan").get(`list ${random.below(4)}`);
          if (list instanceof Y.Array) list.insert(0, [i]);
          break;
        }
        case 4: doc.getText("note").insert(random.below(doc.getText("note").length + 1), `word ${i} `); break;
        case 5: {
          const text = doc.getText("note");
          if (text.length > 10) text.delete(random.below(text.length - 7), 5);
          break;
        }
        default: Y.applyUpdate(docs[random.below(count)], Y.encodeStateAsUpdate(doc));
      }
    }
  };
  return { docs, act, random };
}

/** Reads pieces until the last; between two of them `meanwhile`. */
function readAll(reader: Y.Doc, pieces: StatePieces, meanwhile: () => void = () => undefined): number[] {
  const sizes: number[] = [];
  while (!pieces.isOver) {
    const piece = pieces.next();
    sizes.push(piece.length);
    Y.applyUpdate(reader, piece);
    expect(reader.store.pendingStructs, `piece ${sizes.length} refers to what has not come`).toBeNull();
    expect(sizes.length).toBeLessThan(10_000);
    if (!pieces.isOver) meanwhile();
  }
  expect(reader.store.pendingDs).toBeNull();
  return sizes;
}

describe("a state in pieces", () => {
  it("B11 RM8: each piece can be taken in as it comes, none is long, and together they are the document", () => {
    for (let seed = 1; seed <= 60; seed++) {
      const { docs, act } = people(seed, 5), reader = new Y.Doc();
      act(400);
      // A room has what all of them have; each is there up to another point.
      const room = new Y.Doc();
      for (const doc of docs) Y.applyUpdate(room, Y.encodeStateAsUpdate(doc));
      const whole = Y.encodeStateAsUpdate(room), sizes = readAll(reader, new StatePieces(room, nothing, pieceBytes));
      expect(standing(reader), `seed ${seed}`).toEqual(standing(room));
      expect(Y.encodeStateAsUpdate(reader)).toEqual(whole);
      const deletions = Y.encodeStateAsUpdate(room, Y.encodeStateVector(room)).length;
      expect(Math.max(...sizes)).toBeLessThan(pieceBytes + longestStruct + deletions + 500);
      expect(sizes.length).toBeGreaterThanOrEqual(Math.floor(whole.length / (pieceBytes + longestStruct)));
      // Who has something already gets the rest only.
      const partly = docs[0], lacks = Y.encodeStateAsUpdate(room, Y.encodeStateVector(partly)).length;
      const rest = readAll(partly, new StatePieces(room, Y.encodeStateVector(partly), pieceBytes));
      expect(standing(partly)).toEqual(standing(room));
      expect(rest.reduce((sum, size) => sum + size, 0)).toBeLessThan(lacks + 40 * rest.length + 200 * docs.length);
    }
  });

  it("B11 RM8: what is written and deleted while pieces go out is in the last at the latest", () => {
    for (let seed = 1; seed <= 60; seed++) {
      const { docs, act, random } = people(seed, 4), reader = new Y.Doc(), room = new Y.Doc();
      act(300);
      const collect = () => { for (const doc of docs) Y.applyUpdate(room, Y.encodeStateAsUpdate(doc)); };
      collect();
      let left = 20;
      readAll(reader, new StatePieces(room, nothing, pieceBytes), () => {
        if (left-- <= 0) return;
        act(10);
        collect();
        const strokes = room.getArray("strokes");
        if (strokes.length > 20) strokes.delete(random.below(strokes.length - 9), 8);
      });
      expect(standing(reader), `seed ${seed}`).toEqual(standing(room));
    }
  });

  it("a document that fits goes out as one piece; who has it all gets nothing but what is deleted", () => {
    const doc = new Y.Doc();
    doc.getArray<Uint8Array>("strokes").push([Uint8Array.of(1), Uint8Array.of(2)]);
    doc.getArray("strokes").delete(0);
    const pieces = new StatePieces(doc, nothing, pieceBytes);
    expect(pieces.next().slice()).toEqual(Y.encodeStateAsUpdate(doc));
    expect(pieces.isOver).toBe(true);
    const none = new StatePieces(doc, Y.encodeStateVector(doc), pieceBytes);
    expect(none.next()).toEqual(Y.encodeStateAsUpdate(doc, Y.encodeStateVector(doc)));
    expect(none.isOver).toBe(true);
  });

  it("a reader that says it has more than there is, of clients that are here or not, gets what it lacks", () => {
    const doc = new Y.Doc(), ahead = new Y.Doc();
    doc.getArray<Uint8Array>("strokes").push([Uint8Array.of(1)]);
    ahead.getArray<Uint8Array>("strokes").push([Uint8Array.of(2), Uint8Array.of(3)]);
    const reader = new Y.Doc();
    Y.applyUpdate(reader, Y.encodeStateAsUpdate(ahead));
    readAll(reader, new StatePieces(doc, Y.encodeStateVector(reader), pieceBytes));
    expect(reader.getArray("strokes").length).toBe(3);
  });

  it("a state vector that cannot be read is refused", () => {
    expect(() => new StatePieces(new Y.Doc(), Uint8Array.of(5, 1), pieceBytes)).toThrow();
  });

  it("B11: a state vector of a million clients is refused before it is read", () => {
    const vector = encoding.createEncoder(), clients = 1_000_000, doc = new Y.Doc();
    encoding.writeVarUint(vector, clients);
    for (let client = 0; client < clients; client++) { encoding.writeVarUint(vector, client); encoding.writeVarUint(vector, 1); }
    doc.getArray<Uint8Array>("strokes").push([Uint8Array.of(1)]);
    expect(() => new StatePieces(doc, encoding.toUint8Array(vector), pieceBytes)).toThrow(MessageRefused);
  });
});
