import { BarChart3, Brush, CheckCheck, Combine, Crop, Eraser, Expand, FoldHorizontal, Lasso, Layers, MessageSquare, MousePointer2, Pentagon, Ruler, Scissors, Shapes, Spline, Sprout, TriangleRight, Waves, type LucideIcon } from "lucide-react";

/** One tool of the rail, the keys, the palette and the cursor. A new tool is a new entry here and its options in `ToolOptions`. */
export interface ToolEntry {
  id: string;
  label: string;
  /** The key that takes it in hand. */
  key: string;
  icon: LucideIcon;
  /** Tools of a group stand together in the rail. */
  group: "view" | "draw" | "shape" | "talk" | "prepare";
  /** It changes the mask: only for those who may draw. */
  draws: boolean;
  /** It changes the plan: only for those who may plan. */
  plans?: boolean;
  cursor: string;
  /** The pointer paints with a tip of `brush.radiusMm`. */
  hasTip?: boolean;
}

export const toolList = [
  { id: "navigate", label: "Navigate", key: "V", icon: MousePointer2, group: "view", draws: false, cursor: "crosshair" },
  { id: "brush", label: "Brush", key: "B", icon: Brush, group: "draw", draws: true, cursor: "none", hasTip: true },
  { id: "erase", label: "Erase", key: "E", icon: Eraser, group: "draw", draws: true, cursor: "none", hasTip: true },
  { id: "draw", label: "Draw outline", key: "D", icon: Lasso, group: "draw", draws: true, cursor: "crosshair" },
  { id: "trace", label: "Level tracing", key: "H", icon: Spline, group: "draw", draws: true, cursor: "crosshair" },
  { id: "scissors", label: "Scissors", key: "L", icon: Scissors, group: "draw", draws: true, cursor: "crosshair" },
  { id: "threshold", label: "Threshold", key: "T", icon: BarChart3, group: "draw", draws: true, cursor: "crosshair" },
  { id: "settle", label: "Accept with a brush", key: "A", icon: CheckCheck, group: "draw", draws: true, cursor: "none", hasTip: true },
  { id: "grow", label: "Grow", key: "G", icon: Sprout, group: "shape", draws: true, cursor: "crosshair" },
  { id: "fill", label: "Fill between slices", key: "F", icon: Layers, group: "shape", draws: true, cursor: "crosshair" },
  { id: "islands", label: "Islands", key: "I", icon: Shapes, group: "shape", draws: true, cursor: "crosshair" },
  { id: "smooth", label: "Smooth", key: "S", icon: Waves, group: "shape", draws: true, cursor: "crosshair" },
  { id: "margin", label: "Margin", key: "M", icon: Expand, group: "shape", draws: true, cursor: "crosshair" },
  { id: "logic", label: "Combine", key: "O", icon: Combine, group: "shape", draws: true, cursor: "crosshair" },
  { id: "ruler", label: "Ruler", key: "R", icon: Ruler, group: "talk", draws: false, plans: true, cursor: "crosshair" },
  { id: "angle", label: "Angle", key: "N", icon: TriangleRight, group: "talk", draws: false, plans: true, cursor: "crosshair" },
  { id: "area", label: "Area", key: "U", icon: Pentagon, group: "talk", draws: false, plans: true, cursor: "crosshair" },
  { id: "wall", label: "Wall thickness", key: "W", icon: FoldHorizontal, group: "talk", draws: false, plans: true, cursor: "crosshair" },
  { id: "comment", label: "Comment", key: "C", icon: MessageSquare, group: "talk", draws: false, cursor: "copy" },
  { id: "prepare", label: "Crop and turn", key: "P", icon: Crop, group: "prepare", draws: false, cursor: "crosshair" },
] as const satisfies readonly ToolEntry[];

export type Tool = (typeof toolList)[number]["id"];

/** A tool's entry. */
export const toolOf = (id: Tool): ToolEntry => toolList.find((one) => one.id === id) ?? toolList[0];
/** A tool's name for people, from what a peer says it holds. */
export const toolLabel = (id: string | undefined): string | undefined => toolList.find((one) => one.id === id)?.label;
