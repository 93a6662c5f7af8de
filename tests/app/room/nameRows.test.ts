import { expect, it } from "vitest";
import { nameHeight, nameLeft, nameShifts, nameWidth, type NamePlace } from "../../../app/room/view/nameRows.ts";
import { seeded } from "../../support/seeded.ts";

it("names of people at one place stand in rows away from their crosshairs, and none covers another", () => {
  expect(nameShifts([{ left: 50, top: 80, away: -1 }, { left: 52, top: 80, away: -1 }, null, { left: 50, top: 80, away: -1 }, { left: 300, top: 80, away: 1 }], 400)).toEqual([0, -nameHeight, 0, -2 * nameHeight, 0]);
  // Beside the picture's upper end there is no room above.
  expect(nameShifts([{ left: 50, top: 8, away: -1 }, { left: 50, top: 8, away: -1 }], 400)).toEqual([0, nameHeight]);
  expect([nameLeft(100, 500), nameLeft(450, 500)]).toEqual([106, 450 - 6 - nameWidth]);
  // On a phone a picture is hardly wider than a name: it stays inside, wherever the crosshair is.
  for (let x = 0; x <= 172; x++) expect([x, nameLeft(x, 172) >= 0, nameLeft(x, 172) + nameWidth <= 172]).toEqual([x, true, true]);
  for (let seed = 1; seed <= 200; seed++) {
    const next = seeded(seed), places = Array.from({ length: 12 }, (): NamePlace => ({ left: 300 * next(), top: 380 * next(), away: next() < 0.5 ? 1 : -1 })), shifts = nameShifts(places, 400);
    const at = places.map(({ left, top }, i) => ({ left, top: top + shifts[i] }));
    for (const [i, a] of at.entries()) {
      expect(a.top >= 0 && a.top + nameHeight <= 400, `seed ${seed}`).toBe(true);
      for (const b of at.slice(0, i)) expect(Math.abs(a.left - b.left) >= nameWidth || Math.abs(a.top - b.top) >= nameHeight, `seed ${seed}`).toBe(true);
    }
  }
});
