import { afterEach, describe, expect, it, vi } from "vitest";
import { LargeStrokes } from "../../../app/room/session/largeStrokes.ts";

const bytes = Uint8Array.of(1, 2, 3), stored = () => Response.json({ hash: "00" });
let posts = 0;
/** A server that gives these answers, one a request, and then takes what comes; a number is a status. */
function answer(...answers: readonly (number | Response)[]): void {
  posts = 0;
  vi.stubGlobal("fetch", () => {
    const next = answers[posts++] ?? stored();
    return Promise.resolve(typeof next === "number" ? new Response("", { status: next }) : next);
  });
}
afterEach(() => { vi.unstubAllGlobals(); });

describe("voxels of large strokes on their way", () => {
  it("wait on where the server cannot take them now: away, out of a session, crowded, its disk full, its answer broken off", async () => {
    const large = new LargeStrokes("a-case"), passing = [503, 401, 429, 500, 507, new Response("{\"ha")];
    answer(503, ...passing);
    await large.store(bytes, () => true);
    for (let n = 0; n < passing.length; n++) {
      await expect(large.sendHeld(), `answer ${n}`).rejects.toThrow();
      expect(large.isHolding).toBe(true);
    }
    await large.sendHeld();
    expect([large.isHolding, posts]).toEqual([false, passing.length + 2]);
  });

  it("are let go where the server never takes them: its room says so", async () => {
    const large = new LargeStrokes("a-case");
    answer(503, 403);
    await large.store(bytes, () => true);
    await large.sendHeld();
    expect(large.isHolding).toBe(false);
  });

  it("in touch with the room, a stroke that cannot be stored is refused with why, and kept nowhere", async () => {
    const large = new LargeStrokes("a-case");
    answer(507, 413, 502);
    for (const words of ["HTTP 507", "HTTP 413", "cannot be reached"]) await expect(large.store(bytes, () => false)).rejects.toThrow(words);
    expect(large.isHolding).toBe(false);
  });
});
