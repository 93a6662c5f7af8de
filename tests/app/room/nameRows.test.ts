import { expect, it } from "vitest";
import { nameHeight, nameShifts, nameWidth, type NamePlace } from "../../../app/room/view/nameRows.ts";
import { seeded } from "../../support/seeded.ts";

it("names of people at one place stand in rows away from their crosshairs, and none covers another", () => {
  expect(nameShifts([{ left: 50, top: 80, away: -1 }, { left: 52, top: 80, away: -1 }, null, { left: 50, top: 80, away: -1 }, { left: 300, top: 80, away: 1 }])).toEqual([0, -nameHeight, 0, -2 * nameHeight, 0]);
  for (let seed = 1; seed <= 200; seed++) {
    const next = seeded(seed), places = Array.from({ length: 12 }, (): NamePlace => ({ left: 300 * next(), top: 200 * next(), away: next() < 0.5 ? 1 : -1 })), shifts = nameShifts(places);
    const at = places.map(({ left, top }, i) => ({ left, top: top + shifts[i] }));
    for (const [i, a] of at.entries()) {
      expect(Math.sign(shifts[i]) * places[i].away, `seed ${seed}`).toBeGreaterThanOrEqual(0);
      for (const b of at.slice(0, i)) expect(Math.abs(a.left - b.left) >= nameWidth || Math.abs(a.top - b.top) >= nameHeight, `seed ${seed}`).toBe(true);
    }
  }
});
