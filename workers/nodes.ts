import { meshAreaMm2, meshVolumeMm3 } from "../core/surface/mesh.ts";
import { drawPicture } from "../core/surface/picture.ts";
import { encodePng } from "../core/surface/format/png.ts";
import { decodeMesh, encodeMesh } from "../core/surface/meshBlob.ts";
import { surfaceOfBricks } from "../core/surface/brickLedger.ts";
import { decodeBrickManifest } from "../core/surface/brickManifest.ts";
import { deviationOf } from "../core/surface/deviation.ts";
import { makeBricks } from "./brickNode.ts";
import { implantNodes } from "./implantNodes.ts";
import { mendNode } from "./mendNode.ts";
import type { NodeAnswer, NodeQuestion } from "./nodeQuestion.ts";
import { factsOf } from "./surfaceNode.ts";

/** Pictures are of one colour: a segment's may change without its shape. */
const boneRgb = [232, 214, 180] as const;

const nodes: Readonly<Record<string, (question: NodeQuestion) => NodeAnswer | Promise<NodeAnswer>>> = {
  bricks: ({ inputs, value, followed }) => makeBricks(inputs.labelmap, value, inputs.before, followed),
  surface: ({ inputs }) => {
    const mesh = surfaceOfBricks(inputs.bricks, (hash) => inputs[hash]), { grid } = decodeBrickManifest(inputs.bricks);
    return {
      content: encodeMesh(mesh),
      facts: { vertices: mesh.positions.length / 3, triangles: mesh.triangles.length / 3, volumeMm3: meshVolumeMm3(mesh), areaMm2: meshAreaMm2(mesh), deviation: deviationOf(mesh, grid) },
    };
  },
  picture: ({ inputs }) => {
    const picture = drawPicture(decodeMesh(inputs.surface), 144, 108, boneRgb);
    return { content: encodePng(picture), facts: { width: picture.width, height: picture.height } };
  },
  soundness: ({ inputs }) => {
    const facts = factsOf(decodeMesh(inputs.surface));
    return { content: new TextEncoder().encode(JSON.stringify(facts)), facts: { ...facts } };
  },
  mend: ({ inputs }) => mendNode(inputs.surface, inputs.options),
  ...implantNodes,
};

/** Computes a node. @throws Error where there is no such node, NodeRefused where its inputs give nothing */
export async function makeNode(question: NodeQuestion): Promise<NodeAnswer> {
  if (!Object.hasOwn(nodes, question.node)) throw new Error(`there is no node ${question.node}`);
  return nodes[question.node](question);
}
