import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { CalmEvents } from "../../../app/room/session/calmEvents.ts";
import type { CaseEvent } from "../../../core/protocol/room.ts";

beforeEach(() => { vi.useFakeTimers(); });
afterEach(() => { vi.useRealTimers(); });
const event = (topic: CaseEvent["topic"]): CaseEvent => ({ caseId: "c", topic });

it("news of builds waits while one draws, many as one; other news and that at rest do not, and none is lost", () => {
  let isDrawing = false;
  const told: string[] = [], events = new CalmEvents(() => isDrawing, ({ topic }) => told.push(topic));
  events.hear(event("builds"));
  expect(told).toEqual(["builds"]);
  isDrawing = true;
  for (let n = 0; n < 20; n++) { events.hear(event("builds")); vi.advanceTimersByTime(20); }
  events.hear(event("members"));
  expect(told).toEqual(["builds", "members"]);
  vi.advanceTimersByTime(100);
  expect(told).toEqual(["builds", "members", "builds"]);
  events.hear(event("builds"));
  isDrawing = false;
  // What waits is newer than what it stands for, so the order stays.
  events.hear(event("builds"));
  vi.advanceTimersByTime(500);
  expect(told).toEqual(["builds", "members", "builds", "builds"]);
  events.hear(event("builds"));
  expect(told.length).toBe(5);
});
