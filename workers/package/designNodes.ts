import { fitNode } from "../../core/checks/fit.ts";
import { printNode } from "../../core/checks/printability.ts";
import { cranialNode } from "../../core/implant/cranial/build.ts";
import { defaceNode } from "../../core/volume/deface.ts";
import { surfaceNodeVersion } from "../surfaceNode.ts";
import { designReportNode } from "./designReport.ts";
import { dicomSegNode, encapsulatedStlNode } from "./dicomPart.ts";
import { implantSoundnessNode, pictureNode } from "./recipe.ts";

/** Names and versions of everything that takes part in a design: another version of one of them makes another design. */
export const designNodes = ["design@4", cranialNode, fitNode, printNode, implantSoundnessNode, pictureNode, `surface@${surfaceNodeVersion}`] as const;

/** The same of a whole package without signatures. */
export const packagedNodes = [...designNodes, dicomSegNode, encapsulatedStlNode, designReportNode, defaceNode] as const;
