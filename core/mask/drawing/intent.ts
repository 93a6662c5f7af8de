import { z } from "zod";
import { label, masking } from "../effects/intent.ts";

const mm = z.number().min(-1e5).max(1e5), pixels = z.number().min(-1e6).max(1e6);
const rasPoint = z.tuple([mm, mm, mm]), screenPoint = z.tuple([pixels, pixels]);
/** More corners than this are no hand's. */
const maxPoints = 50_000;

export const planeNames = ["axial", "coronal", "sagittal"] as const;
const plane = z.enum(planeNames);

/** A closed shape in a slice, RAS mm: that of its first point. */
const sliceShape = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("polygon"), points: z.array(rasPoint).min(3).max(maxPoints) }),
  z.strictObject({ kind: z.literal("circle"), centre: rasPoint, radiusMm: z.number().positive().max(1000) }),
  z.strictObject({ kind: z.literal("rectangle"), corners: z.tuple([rasPoint, rasPoint]) }),
]);
/** The same on the picture of the surfaces, CSS pixels. */
const screenShape = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("polygon"), points: z.array(screenPoint).min(3).max(maxPoints) }),
  z.strictObject({ kind: z.literal("circle"), centre: screenPoint, radius: z.number().positive().max(1e5) }),
  z.strictObject({ kind: z.literal("rectangle"), corners: z.tuple([screenPoint, screenPoint]) }),
]);

/**
 * How far a cut reaches along the line of sight from where it was drawn (the slice; in 3D the surface point): through
 * everything, from there to the viewer, from there away, or to a depth on both sides. What lies there is cut too.
 */
const depth = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("unlimited") }), z.strictObject({ kind: z.literal("toward") }), z.strictObject({ kind: z.literal("away") }),
  z.strictObject({ kind: z.literal("symmetric"), mm: z.number().min(0).max(1000) }),
]);
export type CutDepth = z.infer<typeof depth>;

export const scissorsOperations = ["eraseInside", "eraseOutside", "fillInside", "fillOutside"] as const;
export type ScissorsOperation = (typeof scissorsOperations)[number];
const cut = { operation: z.enum(scissorsOperations), depth: depth.default({ kind: "unlimited" }), of: z.enum(["segment", "all"]).default("segment") };
const brush = { plane: plane.default("axial"), shape: z.enum(["disc", "ball"]), radiusMm: z.number().min(0).max(200), points: z.array(rasPoint).min(1).max(maxPoints) };

/** Sides from which a slice can be looked at. */
export const sides = ["left", "right", "posterior", "anterior", "inferior", "superior"] as const;
export type Side = (typeof sides)[number];

/**
 * What a person meant with a drawing tool; part of the list that `job segment --effects` takes.
 * `of`: what an eraser takes, the segment's voxels or every segment's that the masking rules leave.
 */
export const drawingIntent = z.discriminatedUnion("effect", [
  z.strictObject({ effect: z.literal("paint"), segment: label, ...brush, ...masking }),
  z.strictObject({ effect: z.literal("erase"), segment: label, of: z.enum(["segment", "all"]).default("segment"), ...brush, ...masking }),
  z.strictObject({ effect: z.literal("draw"), segment: label, plane: plane.default("axial"), shape: sliceShape, ...masking }),
  z.strictObject({ effect: z.literal("levelTrace"), segment: label, plane: plane.default("axial"), at: rasPoint, ...masking }),
  // `from`: where the viewer is; left out: where radiologists look from (inferior, anterior, left).
  z.strictObject({ effect: z.literal("scissors"), segment: label, plane: plane.default("axial"), from: z.enum(sides).optional(), shape: sliceShape, ...cut, ...masking }),
  // `view`: pixels across and down of a RAS point p: a·p[0] + b·p[1] + c·p[2] + d. `at`: the surface point that the depth counts from; left out: the foremost inside the shape.
  z.strictObject({
    effect: z.literal("scissors3d"), segment: label, view: z.strictObject({ across: z.tuple([pixels, pixels, pixels, pixels]), down: z.tuple([pixels, pixels, pixels, pixels]) }),
    shape: screenShape, at: rasPoint.optional(), ...cut, ...masking,
  }),
  // Of what is proposed (for `segments`; left out: for any) the part inside a brush.
  z.strictObject({ effect: z.literal("accept"), segments: z.array(label).optional(), ...brush, ...masking }),
  z.strictObject({ effect: z.literal("discard"), segments: z.array(label).optional(), ...brush, ...masking }),
  // The same of all of it.
  z.strictObject({ effect: z.literal("acceptAll"), segments: z.array(label).optional(), ...masking }),
  z.strictObject({ effect: z.literal("discardAll"), segments: z.array(label).optional(), ...masking }),
]);
export type DrawingIntent = z.infer<typeof drawingIntent>;
export type IntentOf<E extends DrawingIntent["effect"]> = Extract<DrawingIntent, { effect: E }>;

const effects: ReadonlySet<string> = new Set(drawingIntent.options.map(({ shape }) => shape.effect.value));
/** Whether an intent is one of a drawing tool. */
export const isDrawing = <T extends { effect: string }>(intent: T | DrawingIntent): intent is DrawingIntent => effects.has(intent.effect);
