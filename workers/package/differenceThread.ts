// Draws what differs between two versions off the worker's event loop.
import { parentPort, workerData } from "node:worker_threads";
import { decodeLabelmap } from "../../core/mask/labelmap.ts";
import { type Compared, differencePicture } from "../../core/review/differencePicture.ts";
import { encodePng } from "../../core/surface/format/png.ts";
import { decodeStl } from "../../core/surface/stl.ts";

/** One version: its labelmap and the STL of its implant, where it has one. */
export interface DifferenceSide { labelmap: Uint8Array; implant: Uint8Array | null }
/** What the thread is given. `bone`: the label value whose mask is drawn where it stayed; null: all. */
export interface DifferenceQuestion { before: DifferenceSide; after: DifferenceSide; bone: number | null }
/** What it says at its end: the picture and which colours are in it; nulls where nothing differs. */
export interface DifferenceAnswer { png: Uint8Array | null; shown: string[] }

const { before, after, bone } = workerData as DifferenceQuestion;
const sideOf = ({ labelmap, implant }: DifferenceSide): Compared => ({ labelmap: decodeLabelmap(labelmap), implant: implant && decodeStl(implant) });
const made = differencePicture(sideOf(before), sideOf(after), bone);
parentPort?.postMessage({ png: made && encodePng(made.picture, true), shown: made?.shown ?? [] } satisfies DifferenceAnswer);
