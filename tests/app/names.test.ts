import { expect, it } from "vitest";
import { deviceName } from "../../app/account/deviceName.ts";
import { nextAction } from "../../app/cases/CaseTable.tsx";
import { initials } from "../../app/ui/people.ts";

it("names a browser, a person and what a case waits for", () => {
  expect(deviceName("Mozilla/5.0 (X11; Linux x64) AppleWebKit/537.36 Chrome/140 Safari/537.36")).toBe("Chrome on Linux");
  expect(deviceName("Mozilla/5.0 (iPhone; CPU iPhone OS 18 like Mac OS X) Version/18 Safari/604")).toBe("Safari on iPhone");
  expect(deviceName(null)).toBe("A browser");
  expect(["Dr. Ana Ruiz", "Prof. Kim"].map(initials)).toEqual(["AR", "K"]);
  const grid = { dims: [1, 1, 1], spacing: [1, 1, 1], origin: [0, 0, 0] } as const;
  const row = { status: "open", grid, drawnVoxels: 0, openComments: 0 } as const;
  expect(nextAction({ ...row, grid: null }).whose).toBe("the server");
  expect(nextAction(row)).toEqual({ what: "Segment the bone", whose: "segmentation specialist" });
  expect(nextAction({ ...row, drawnVoxels: 5, openComments: 1 }).what).toBe("Settle 1 open comment");
  expect(nextAction({ ...row, drawnVoxels: 5 }).whose).toBe("surgeon");
});
