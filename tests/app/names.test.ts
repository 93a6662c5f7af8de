import { expect, it } from "vitest";
import { deviceName } from "../../app/account/deviceName.ts";
import { initials } from "../../app/ui/people.ts";

it("names a browser and a person", () => {
  expect(deviceName("Mozilla/5.0 (X11; Linux x64) AppleWebKit/537.36 Chrome/140 Safari/537.36")).toBe("Chrome on Linux");
  expect(deviceName("Mozilla/5.0 (iPhone; CPU iPhone OS 18 like Mac OS X) Version/18 Safari/604")).toBe("Safari on iPhone");
  expect(deviceName(null)).toBe("A browser");
  expect(["Dr. Ana Ruiz", "Prof. Kim"].map(initials)).toEqual(["AR", "K"]);
});
