import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { describe, expect, it } from "vitest";
import * as Y from "yjs";
import { takePoints } from "../../../app/room/measure/placing.ts";
import { ParameterField } from "../../../app/room/panels/ParameterField.tsx";
import { isShown, parameterOf } from "../../../app/room/panels/parameterGroups.ts";
import { PointsField } from "../../../app/room/panels/PointsField.tsx";
import { RoomStore } from "../../../app/room/roomStore.ts";
import { defaultOf } from "../../../app/room/session/planSession.ts";
import type { RoomContext } from "../../../app/room/useRoom.ts";
import { implantsOf, PlanEditor, type PlanValue } from "../../../core/draft/planDoc.ts";
import { forMaterial } from "../../../core/implant/plan.ts";
import { pointsIn } from "../../../core/draft/planPoints.ts";
import { rasPoint } from "../../../core/space/grid.ts";

const grid = { dims: [8, 8, 8], spacing: [1, 1, 1], origin: [0, 0, 0] } as const;

describe("fields of the plan", () => {
  const field = (isDisabled: boolean) => renderToStaticMarkup(createElement(ParameterField, { parameter: parameterOf("marginMm"), value: 0.5, segments: [], fault: null, isFromPeer: false, builtAxis: null, isDisabled, onSet: () => undefined }));
  it("tell unit, range, rule and source beside the field; the row of who may not change it can be come to", () => {
    expect(field(false)).toContain("CR3: distance from rim to bone all round. Allowed 0 to 3 mm, usual 0.3 to 1 mm, default 0.5 mm. Source: unverified (CR3).</p>");
    expect([field(false).includes('tabindex="0"'), field(true).includes('tabindex="0"')]).toEqual([false, true]);
  });

  it("CR1, CR2: of a thickness tell what is usual for the material: 4 mm of titanium is not", () => {
    const field = (material: string) => renderToStaticMarkup(createElement(ParameterField, { parameter: forMaterial(parameterOf("thickness"), material), value: 4, segments: [], fault: null, isFromPeer: false, builtAxis: null, isDisabled: false, onSet: () => undefined }));
    expect(["ti6al4v-lpbf", "peek-fff", "unheard-of"].map((material) => [/Usual is ([^.]*\.\d to [^.]*\.\d) mm/.exec(field(material))?.[1], /usual ([\d.]+ to [\d.]+) mm/.exec(field(material))?.[1]])).toEqual([["0.6 to 1.5", "0.6 to 1.5"], [undefined, "3 to 6"], [undefined, "3 to 6"]]);
  });

  it("of a direction of build: up by itself, given by its three parts, and shown for what is printed in layers", () => {
    const field = (value: PlanValue) => renderToStaticMarkup(createElement(ParameterField, { parameter: parameterOf("buildDirection"), value, segments: [], fault: null, isFromPeer: false, builtAxis: [1, 0, 0], isDisabled: false, onSet: () => undefined }));
    expect(field(null)).toContain("Up (S)");
    expect([...field([0, -0.6, 0.8]).matchAll(/aria-label="(Right|Front|Up)"[^>]*value="([^"]*)"/g)].map(([, name, value]) => [name, value])).toEqual([["Right", "0"], ["Front", "-0.6"], ["Up", "0.8"]]);
    expect(["peek-machined", "pmma-moulded", "peek-fff", "ti6al4v-lpbf"].map((material) => isShown("buildDirection", (key) => (key === "material" ? material : null)))).toEqual([false, false, true, true]);
  });

  it("of points tell it too, and offer the places that the builder found", () => {
    const room = { store: new RoomStore(grid, rasPoint(4, 4, 4)) } as unknown as RoomContext, built = [[1, 2, 3], [4, 5, 6]] as const;
    const points = (isDisabled: boolean, parameters: Record<string, PlanValue> = {}) => renderToStaticMarkup(createElement(PointsField, { room, implantId: "plate1", list: "fixationPoints", parameters, fault: null, built, isDisabled }));
    expect(points(false)).toContain("CR6: where the tabs&#x27; screws go, RAS mm; without points they are spaced evenly. Source: S55.</p>");
    expect([points(false), points(true), points(false, { "fixationPoints/a": [0, 0, 0, 0] })].map((html) => html.includes("Take these 2"))).toEqual([true, false, false]);
    expect([points(false), points(true)].map((html) => html.includes('tabindex="0"'))).toEqual([false, true]);
  });

  it("PL3: places that were taken are points of their own in their order, and one undo takes them out", () => {
    const doc = new Y.Doc(), editor = new PlanEditor(doc, defaultOf), plan = { set: (id: string, values: Readonly<Record<string, PlanValue>>) => editor.together(() => { for (const [name, value] of Object.entries(values)) editor.set(id, name, value); }) };
    const listed = () => pointsIn(implantsOf(doc).get("plate1") ?? {}, "fixationPoints").map(({ at }) => at);
    plan.set("plate1", { family: "cranial" });
    takePoints(plan, "plate1", "fixationPoints", [[1, 2, 3], [4, 5, 6.00049], [7, 8, 9]]);
    expect(listed()).toEqual([[1, 2, 3], [4, 5, 6], [7, 8, 9]]);
    editor.undo();
    expect([listed(), implantsOf(doc).size]).toEqual([[], 1]);
  });
});
