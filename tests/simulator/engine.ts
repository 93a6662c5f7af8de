import { followMasks, MaskAuthor } from "../../core/draft/masksDoc.ts";
import { dropFolded, foldUnder, planRebase, trimKept } from "../../core/draft/rebase.ts";
import { MaskFold } from "../../core/mask/maskFold.ts";

/** The code under test; a mutant is another one of the same shape. */
export const engine = { followMasks, MaskAuthor, MaskFold, planRebase, foldUnder, trimKept, dropFolded };
export type Engine = typeof engine;
