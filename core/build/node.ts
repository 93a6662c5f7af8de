import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";

/** A kind of thing that is computed: a pure function with a name, a version and named inputs. */
export interface NodeKind {
  readonly name: string;
  /** Goes up whenever the same inputs would give other bytes. */
  readonly version: number;
  readonly inputs: readonly string[];
  /** Order in which ready work is taken up: what people wait for first. Smaller is sooner. */
  readonly priority: number;
}

/** `surface@3`: how a node is named in artifacts, reports and on the command line. */
export const nodeId = (kind: NodeKind): string => `${kind.name}@${kind.version}`;

/** An input is missing, not known to the node, or no hash. */
export class NodeInputError extends Error {
  override name = "NodeInputError";
}

/**
 * JB2: what a result is named by: SHA-256 (hex) over the node's name and version and its inputs by name.
 * @param inputs for each input of the node one line: a hash, or a canonical option
 * @throws NodeInputError
 */
export function nodeKey(kind: NodeKind, inputs: Readonly<Record<string, string>>): string {
  const unknown = Object.keys(inputs).find((name) => !kind.inputs.includes(name));
  if (unknown !== undefined) throw new NodeInputError(`${nodeId(kind)} has no input ${unknown}`);
  const lines = [...kind.inputs].sort().map((name) => {
    const value = inputs[name];
    if (value === undefined || value === "" || /[\n=]/.test(value)) throw new NodeInputError(`${nodeId(kind)}: input ${name} is ${value === undefined ? "missing" : "not one line"}`);
    return `${name}=${value}\n`;
  });
  return bytesToHex(sha256(utf8ToBytes(`${nodeId(kind)}\n${lines.join("")}`)));
}

/** Whether inputs are those that a node of this kind takes; a job or a record of another release may have others. */
export const isMadeOf = (kind: NodeKind, inputs: Readonly<Record<string, unknown>>): boolean =>
  Object.keys(inputs).length === kind.inputs.length && kind.inputs.every((name) => Object.hasOwn(inputs, name));
