import { measurementText } from "../../core/draft/measurements.ts";
import { sectionMiddle, sectionText } from "../../core/draft/sections.ts";
import { isAllowed } from "../../core/review/permissions.ts";
import { type CutDepth, scissorsOperations } from "../../core/mask/drawing/intent.ts";
import { depthWords, operationWords, shapeWords } from "./tools/outlineWords.ts";
import { shapeKinds } from "./tools/outlineDraft.ts";
import { roleRefusal } from "./tools/refusals.ts";
import type { RoomState } from "./roomStore.ts";
import type { Layout } from "./view/tileGeometry.ts";
import type { RoomContext, RoomSegment } from "./useRoom.ts";
import { resizeBrush, stepSlice, takeTool } from "./tools/useRoomKeys.ts";
import { toolList } from "./tools/toolList.ts";

/** One thing that can be done in the room, as the command palette and the list of keys show it. */
export interface RoomAction { id: string; group: string; label: string; keys?: string; isEnabled?: boolean; /** Why it cannot be done. */ reason?: string | null; run(): void }

/** Windows that one click sets, HU that are black and white. */
export const windowPresets: readonly { name: string; range: readonly [number, number] }[] = [
  { name: "Bone", range: [-450, 1050] }, { name: "Head", range: [-160, 840] }, { name: "Soft tissue", range: [-160, 240] }, { name: "Brain", range: [0, 80] },
];
export const layouts: readonly { id: Layout; name: string }[] = [
  { id: "four", name: "Four views" }, { id: "surfaceBig", name: "3D big" }, { id: "axial", name: "Axial" },
  { id: "coronal", name: "Coronal" }, { id: "sagittal", name: "Sagittal" }, { id: "surface", name: "3D" },
];
/** NiiVue's azimuth: 180 looks at the face. */
const cameras = [["front", 180, 0], ["back", 0, 0], ["left", 90, 0], ["right", 270, 0], ["above", 180, 90], ["below", 180, -90]] as const;

/** The link that opens the room where the crosshair is. */
export function linkHere({ store }: RoomContext): string {
  const at = store.get().crosshair.map((mm) => mm.toFixed(1)).join(",");
  return `${window.location.origin}${window.location.pathname}?at=${at}`;
}

/** The drawing tools with their shapes and ways. */
function drawingActions(room: RoomContext): RoomAction[] {
  const { store } = room, withScissors = (change: Partial<RoomState["scissors"]>) => { takeTool(room, "scissors"); store.set({ scissors: { ...store.get().scissors, ...change }, outline: null }); };
  return [
    ...shapeKinds.map((shape) => ({ id: `draw.${shape}`, group: "Draw", label: `Outline: ${shapeWords[shape].toLowerCase()}`, run: () => { takeTool(room, "draw"); store.set({ drawShape: shape, outline: null }); } })),
    ...shapeKinds.map((shape) => ({ id: `scissors.${shape}`, group: "Scissors", label: `Cut: ${shapeWords[shape].toLowerCase()}`, run: () => withScissors({ shape }) })),
    ...scissorsOperations.map((operation) => ({ id: `scissors.${operation}`, group: "Scissors", label: operationWords[operation], run: () => withScissors({ operation }) })),
    ...Object.entries(depthWords).map(([depth, label]) => ({ id: `scissors.${depth}`, group: "Scissors", label: `Depth: ${label.toLowerCase()}`, run: () => withScissors({ depth: depth as CutDepth["kind"] }) })),
    ...(["accept", "discard"] as const).map((settling) => ({ id: `settle.${settling}`, group: "Proposal", label: `${settling === "accept" ? "Accept" : "Discard"} with a brush`, run: () => { takeTool(room, "settle"); store.set({ settling }); } })),
  ];
}

/** Everything that can be done, in the order of the palette. */
export function roomActions(room: RoomContext, segments: readonly RoomSegment[]): RoomAction[] {
  const { store, session, canDraw, caseId, code } = room;
  const state = store.get();
  const { canUndo, canRedo, peers } = session.state();
  const canExport = isAllowed(room.role, "surface.export", room.isArchived);
  return [
    ...toolList.map(({ id, label, key, draws }) => ({ id: `tool.${id}`, group: "Tool", label, keys: key, isEnabled: !draws || canDraw, reason: draws ? roleRefusal(room) : null, run: () => takeTool(room, id) })),
    ...drawingActions(room).map((action) => ({ ...action, isEnabled: canDraw, reason: roleRefusal(room) })),
    ...room.plan.state().measurements.map((one) => ({ id: `measured.${one.id}`, group: "Measured", label: `Go to ${one.name} · ${measurementText(one)}`, isEnabled: one.points.length > 0, run: () => store.jump(one.points[0].at) })),
    ...room.plan.state().sections.map((one) => ({ id: `measured.${one.id}`, group: "Measured", label: `Go to ${one.name} · ${sectionText(one)}`, run: () => store.jump(sectionMiddle(one)) })),
    { id: "undo", group: "Edit", label: "Undo your last stroke", keys: "Ctrl+Z", isEnabled: canDraw && canUndo, run: () => session.undo() },
    { id: "redo", group: "Edit", label: "Redo", keys: "Ctrl+Shift+Z", isEnabled: canDraw && canRedo, run: () => session.redo() },
    { id: "brush.smaller", group: "Brush", label: "Smaller", keys: "[", isEnabled: canDraw, run: () => resizeBrush(room, 0.8) },
    { id: "brush.larger", group: "Brush", label: "Larger", keys: "]", isEnabled: canDraw, run: () => resizeBrush(room, 1.25) },
    { id: "brush.disc", group: "Brush", label: "Disc, this slice", isEnabled: canDraw, run: () => store.set({ brush: { ...store.get().brush, shape: "disc" } }) },
    { id: "brush.ball", group: "Brush", label: "Ball, 3D", isEnabled: canDraw, run: () => store.set({ brush: { ...store.get().brush, shape: "ball" } }) },
    ...segments.map(({ value, name }, i) => ({ id: `segment.${value}`, group: "Segment", label: `Choose ${name}`, ...(i < 9 ? { keys: String(i + 1) } : {}), run: () => store.set({ segment: value }) })),
    ...segments.map(({ value, name }) => ({
      id: `hide.${value}`, group: "Segment", label: `${state.hidden.has(value) ? "Show" : "Hide"} ${name}`, run: () => {
        const hidden = new Set(store.get().hidden);
        if (!hidden.delete(value)) hidden.add(value);
        store.set({ hidden });
      },
    })),
    { id: "export", group: "Export", label: "Masks and surfaces in every format", isEnabled: canExport && segments.length > 0, run: () => store.set({ dialog: "export" }) },
    ...segments.map(({ value, name }) => ({ id: `stl.${value}`, group: "Export", label: `${name} as STL (LPS, mm)`, isEnabled: canExport, run: () => window.location.assign(`/api/cases/${caseId}/surface/${value}.stl`) })),
    ...layouts.map(({ id, name }) => ({ id: `layout.${id}`, group: "Layout", label: name, run: () => store.set({ layout: id }) })),
    ...windowPresets.map(({ name, range }) => ({ id: `window.${name}`, group: "Window", label: `${name} · W ${range[1] - range[0]} L ${(range[0] + range[1]) / 2}`, run: () => store.set({ window: range }) })),
    ...cameras.map(([from, azimuth, elevation]) => ({ id: `camera.${from}`, group: "3D", label: `From ${from === "above" || from === "below" ? from : `the ${from}`}`, run: () => store.set({ camera: { azimuth, elevation } }) })),
    { id: "view.fit", group: "View", label: "Fit the volume and centre it", run: () => store.set({ zoom: 1, center: room.middle }) },
    { id: "view.center", group: "View", label: "Centre the views on the crosshair", run: () => store.set({ center: store.get().crosshair }) },
    { id: "view.convention", group: "View", label: state.convention === "radiological" ? "Neurological: patient's left at the left" : "Radiological: patient's right at the left", run: () => store.set({ convention: state.convention === "radiological" ? "neurological" : "radiological" }) },
    ...(["axial", "coronal", "sagittal"] as const).flatMap((plane) => ([["Next", 1], ["Previous", -1]] as const).map(([word, step]) => ({
      id: `slice.${plane}.${step}`, group: "Slice", label: `${word} ${plane} slice`, ...(plane === "axial" ? { keys: step > 0 ? "Page Up" : "Page Down" } : {}), run: () => stepSlice(room, plane, step),
    }))),
    ...peers.flatMap(({ clientId, state: { user, crosshair } }) => (crosshair ? [{ id: `go.${clientId}`, group: "People", label: `Go to ${user.name}`, run: () => store.jump(crosshair) }] : [])),
    { id: "members", group: "People", label: `People of ${code}: add, change, invite`, run: () => store.set({ dialog: "members" }) },
    { id: "tab.segments", group: "Panel", label: "Segments", run: () => store.set({ tab: "segments", isPanelOpen: true }) },
    { id: "tab.talk", group: "Panel", label: "Talk", run: () => store.set({ tab: "talk", isPanelOpen: true }) },
    { id: "link", group: "Share", label: "Copy a link to this place", run: () => { void navigator.clipboard.writeText(linkHere(room)).then(() => store.set({ notice: "The link is copied. It opens here for members of the case." }), () => store.set({ notice: linkHere(room) })); } },
    { id: "keys", group: "Help", label: "Keys and mouse", keys: "?", run: () => store.set({ dialog: "keys" }) },
    { id: "report", group: "Go", label: "CT report", run: () => window.location.assign(`/cases/${caseId}/report`) },
    { id: "cases", group: "Go", label: "All cases", run: () => document.querySelector<HTMLAnchorElement>("a[data-all-cases]")?.click() },
  ];
}
