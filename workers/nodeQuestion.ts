import type { FollowedVolume } from "../core/surface/interpolate.ts";

/** What a node is computed from: its inputs' bytes by name (`labelmap` for those that are voxels of it), and the label value where the subject is a segment. */
export interface NodeQuestion {
  node: string; value: number; inputs: Readonly<Record<string, Uint8Array>>;
  /** The hashes of the inputs, by which a thread finds what it prepared before; without them it prepares anew. */
  hashes?: Readonly<Record<string, string>>;
  /** The CT that a segment's surface follows, in memory that is shared with the thread. */
  followed?: FollowedVolume;
}
/** A node's result: its content, and what is said of it in rows. */
export interface NodeAnswer {
  content: Uint8Array; facts: Record<string, unknown>;
  /** What the content names by hash and is not stored yet. */
  parts?: Uint8Array[];
}

/** The same inputs would be refused again: a sentence for people, and no second try. */
export class NodeRefused extends Error {
  override name = "NodeRefused";
}

/** What the thread of a node says in the end. */
export type NodeEnd = { answer: NodeAnswer } | { refused: string } | { failed: string };
