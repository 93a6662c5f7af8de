import { afterAll, beforeAll, expect, it, vi } from "vitest";
import type { FitReply } from "../../../app/room/tools/fitPreview.worker.ts";
import { FitPreviewer, type PreviewedPlate } from "../../../app/room/view/fitPreviewer.ts";
import { MaskFold } from "../../../core/mask/maskFold.ts";
import { rasterizeBrush } from "../../../core/mask/rasterize.ts";
import { encodeStroke } from "../../../core/mask/stroke.ts";
import { type Grid, rasPoint } from "../../../core/space/grid.ts";
import { WebWorker } from "../../support/webWorker.ts";

const grid: Grid = { dims: [64, 64, 64], spacing: [1, 1, 1], origin: [0, 0, 0] };
const plate = (id: string, positions: number[]): PreviewedPlate => ({ id, key: `${id}-1`, positions: Float32Array.from(positions), bone: 1, bandMm: 3 });

beforeAll(() => { vi.stubGlobal("Worker", WebWorker); });
afterAll(() => { vi.unstubAllGlobals(); });

it("the live map goes on when its worker dies: other plates have their maps, and so has the one it died of once it changed; closed, it leaves no worker", { timeout: 60_000 }, async () => {
  const fold = new MaskFold(grid), started = WebWorker.started, ended = WebWorker.ended;
  fold.addStroke(encodeStroke({ id: { clientId: 3, counter: 1 }, lamport: 1, layer: "anatomy", value: 1, isFinal: true, content: { kind: "runs", bricks: rasterizeBrush(grid, { shape: "ball", radiusMm: 10, plane: 2, points: [rasPoint(32, 32, 32)] }) } }));
  const waiting = new Map<string, (reply: FitReply) => void>(), told = (id: string) => new Promise<FitReply>((resolve) => { waiting.set(id, resolve); });
  const previewer = new FitPreviewer(grid, (brick) => fold.brick(brick), (reply) => { waiting.get(reply.id)?.(reply); });
  // Two millimetres above the ball; and one whose band no memory holds.
  const good = told("good");
  previewer.show(plate("bad", [0, 0, 0, 1e7, 1e7, 1e7]));
  previewer.show(plate("good", [44, 32, 32]));
  expect((await good).gapMm[0]).toBeCloseTo(1.5, 0);
  const mended = told("bad");
  previewer.show(plate("bad", [32, 32, 44]));
  expect((await mended).gapMm[0]).toBeCloseTo(1.5, 0);
  expect(WebWorker.started - started).toBe(2);
  previewer.close();
  expect(WebWorker.ended - ended).toBe(2);
});
