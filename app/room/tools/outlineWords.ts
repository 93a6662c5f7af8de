import type { CutDepth, ScissorsOperation } from "../../../core/mask/drawing/intent.ts";
import type { ShapeKind } from "./outlineDraft.ts";

export const operationWords: Readonly<Record<ScissorsOperation, string>> = { eraseInside: "Erase inside", eraseOutside: "Erase outside", fillInside: "Fill inside", fillOutside: "Fill outside" };
export const shapeWords: Readonly<Record<ShapeKind, string>> = { freeForm: "Free-form", polygon: "Polygon", circle: "Circle", rectangle: "Rectangle" };
export const depthWords: Readonly<Record<CutDepth["kind"], string>> = { unlimited: "Through everything", toward: "From there toward you", away: "From there away from you", symmetric: "To a depth on both sides" };
