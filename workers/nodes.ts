import { decodeLabelmap } from "../core/mask/labelmap.ts";
import { meshAreaMm2, meshVolumeMm3 } from "../core/surface/mesh.ts";
import { drawPicture } from "../core/surface/picture.ts";
import { encodePng } from "../core/surface/format/png.ts";
import { decodeMesh, encodeMesh } from "../core/surface/meshBlob.ts";
import { defaultSmooth, surfaceOf } from "../core/surface/surfaceNets.ts";
import { factsOf } from "./surfaceNode.ts";

/** What a node is computed from: its inputs' bytes, and the label value where the subject is a segment. */
export interface NodeQuestion { node: string; value: number; bytes: Uint8Array }
/** A node's result: its content, and what is said of it in rows. */
export interface NodeAnswer { content: Uint8Array; facts: Record<string, unknown> }

/** Pictures are of one colour: a segment's may change without its shape. */
const boneRgb = [232, 214, 180] as const;

const nodes: Readonly<Record<string, (question: NodeQuestion) => NodeAnswer>> = {
  surface: ({ bytes, value }) => {
    const mesh = surfaceOf(decodeLabelmap(bytes), value, { smooth: defaultSmooth });
    return {
      content: encodeMesh(mesh),
      facts: { vertices: mesh.positions.length / 3, triangles: mesh.triangles.length / 3, volumeMm3: meshVolumeMm3(mesh), areaMm2: meshAreaMm2(mesh) },
    };
  },
  picture: ({ bytes }) => {
    const picture = drawPicture(decodeMesh(bytes), 144, 108, boneRgb);
    return { content: encodePng(picture), facts: { width: picture.width, height: picture.height } };
  },
  soundness: ({ bytes }) => {
    const facts = factsOf(decodeMesh(bytes));
    return { content: new TextEncoder().encode(JSON.stringify(facts)), facts: { ...facts } };
  },
};

/** Computes a node. @throws Error where there is no such node */
export function makeNode(question: NodeQuestion): NodeAnswer {
  if (!Object.hasOwn(nodes, question.node)) throw new Error(`there is no node ${question.node}`);
  return nodes[question.node](question);
}
