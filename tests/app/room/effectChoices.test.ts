import { describe, expect, it } from "vitest";
import { effectChoices, type Choice, intentOf, isEffectTool, reachNote } from "../../../app/room/tools/effectChoices.ts";
import { toolList } from "../../../app/room/tools/toolList.ts";
import type { RoomSegment } from "../../../app/room/useRoom.ts";
import { applyEffect } from "../../../core/mask/effects/apply.ts";
import { effectIntent } from "../../../core/mask/effects/intent.ts";
import { type Grid, rasPoint } from "../../../core/space/grid.ts";

const segments: RoomSegment[] = [1, 2, 5].map((value) => ({ value, name: `Segment ${value}`, color: "#e8b864", isLocked: value === 5, state: "inProgress" as const, iso: null }));
const state = { segment: 1, hidden: new Set([2]), crosshair: rasPoint(1, 2, 3), threshold: [226, 3071], area: "anywhere", overwrite: "visible", onlyHu: [100, 900] } as const;
const valuesOf = (choice: Choice, change: (field: Choice["fields"][number]) => number = ({ initial }) => initial) => Object.fromEntries(choice.fields.map((field) => [field.key, change(field)]));
const all = Object.entries(effectChoices).flatMap(([tool, list]) => list.map((choice): [string, Choice] => [`${tool}: ${choice.label}`, choice]));

describe("what the panel asks of an effect", () => {
  it("has a tool in the rail for each list", () => {
    for (const tool of Object.keys(effectChoices)) {
      expect(isEffectTool(tool)).toBe(true);
      expect(toolList.some(({ id }) => id === tool)).toBe(true);
    }
  });

  it.each(all)("%s: its numbers make an intent under the room's rules, at either bound too", (_label, choice) => {
    for (const change of [undefined, ({ min }: { min: number }) => min, ({ max }: { max: number }) => max]) {
      const made = intentOf(choice, valuesOf(choice, change), state, segments, 2);
      expect(made, JSON.stringify(made)).toHaveProperty("intent");
      if ("intent" in made) expect(made.intent).toMatchObject({ segment: 1, locked: [5], editableRange: [100, 900] });
    }
  });

  it.each(all.filter(([, { fields }]) => fields.length > 0))("%s: says of a number that is out of bounds, or none, which one and what it may be", (_label, choice) => {
    for (const field of choice.fields) {
      const said = `${field.label} must lie between ${field.min} and ${field.max}${field.unit && ` ${field.unit}`}.`;
      for (const wrong of [field.min - 1, field.max + 1, NaN]) expect(intentOf(choice, { ...valuesOf(choice), [field.key]: wrong }, state, segments, 2)).toEqual({ problem: said });
    }
  });

  it("says what is missing: a segment, another one, something proposed, something visible", () => {
    const [margin] = effectChoices.margin, union = effectChoices.logic.find(({ id }) => id === "union")!, subtract = effectChoices.logic.find(({ other }) => other === "proposal")!, joint = effectChoices.smooth.find(({ id }) => id === "joint")!;
    expect(intentOf(margin, valuesOf(margin), { ...state, segment: null }, [], null)).toEqual({ problem: "Choose a segment first." });
    expect(intentOf(union, {}, state, segments, null)).toEqual({ problem: "There is no other segment." });
    expect(intentOf(subtract, {}, state, segments, null)).toEqual({ problem: "Nothing is proposed." });
    expect(intentOf(joint, valuesOf(joint), { ...state, hidden: new Set([1, 2, 5]) }, segments, null)).toEqual({ problem: "No segment is visible. Show those that are meant." });
  });

  it("says across which axes an effect reaches no voxel, of whichever its numbers move a surface", () => {
    expect(reachNote([0.5, 0.5, 3], 1)).toBe("Voxels are 0.5 × 0.5 × 3 mm: this reaches no neighbour up–down.");
    expect(reachNote([0.5, 0.75, 3], 0.4)).toBe("Voxels are 0.5 × 0.75 × 3 mm: this reaches no neighbour.");
    expect([reachNote([0.5, 0.5, 3], 3), reachNote([0.5, 0.5, 3], Number.NaN)]).toEqual([null, null]);
    const grid: Grid = { dims: [9, 9, 5], spacing: [0.5, 0.5, 3], origin: [0, 0, 0] }, labels = Uint8Array.from({ length: 405 }, (_, i) => (i % 9 > 2 && i % 9 < 7 && Math.floor(i / 9) % 9 > 2 && Math.floor(i / 81) === 2 ? 1 : 0));
    const slicesOf = (choice: Choice, mm: number) => new Set(applyEffect(effectIntent.parse({ ...choice.intent({ mm, thicknessMm: mm }, [0, 0, 0], [0, 1], [1], null), segment: 1 }), { grid, labels })
      .flatMap(({ bricks }) => bricks.flatMap(({ runs }) => [...runs].filter((_, n) => n % 2 === 0).map((at) => at >> 10))));
    for (const [label, choice] of all) {
      if (!choice.reachMm) continue;
      expect(reachNote(grid.spacing, choice.reachMm({ mm: 1, thicknessMm: 1 })), label).toContain("up–down");
      expect([...slicesOf(choice, 1)].filter((z) => z !== 2), label).toEqual([]);
    }
    // As far as the next slice a margin changes that too, and nothing is said.
    expect(slicesOf(effectChoices.margin[0], 3)).toEqual(new Set([1, 2, 3]));
  });
});
