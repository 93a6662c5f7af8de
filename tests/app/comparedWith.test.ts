import { describe, expect, it } from "vitest";
import { comparedWith, type Standing } from "../../app/cases/[caseId]/review/comparedWith.ts";

const eva = { name: "Eva", meaning: "designed" } as const, sam = { name: "Sam", meaning: "approved" } as const;
const version = (number: number, state: Standing["state"], ...signatures: Standing["signatures"]): Standing => ({ number, state, signatures });

describe("what a version is compared with", () => {
  it("says of one that was never signed that it was not, and which was signed last", () => {
    const unsigned = version(2, "frozen");
    expect(comparedWith(unsigned, [version(3, "frozen"), unsigned, version(1, "signed", eva, sam)])).toBe("Compared with version 2, which was never signed. The last signed version is 1; there may be more changes since it than are shown here.");
    expect(comparedWith(unsigned, [version(3, "signed", eva, sam), unsigned, version(1, "voided")])).toBe("Compared with version 2, which was never signed. No version before it was signed either.");
    expect(comparedWith(version(1, "superseded"), [version(2, "frozen")])).toContain("was never signed");
  });

  it("a signature of one alone is not a signed version, and a rejection is named", () => {
    expect(comparedWith(version(1, "inReview", eva), [])).toBe("Compared with version 1, which is not signed by all who must: so far «Designed» by Eva. No version before it was signed either.");
    expect(comparedWith(version(1, "frozen", eva, { name: "Sam", meaning: "rejected" }), [])).toContain("which was rejected by Sam and never signed.");
  });

  it("of a signed one nothing more is to be said; one that is superseded or voided by now was signed all the same", () => {
    expect([version(1, "signed", eva, sam), version(1, "released", eva, sam), version(1, "superseded", eva, sam), version(1, "voided", eva, sam)].map((one) => comparedWith(one, [one]))).toEqual([
      "Compared with version 1, which is signed.", "Compared with version 1, which is released.", "Compared with version 1, which was signed and is superseded now.", "Compared with version 1, which was signed and is voided now.",
    ]);
  });
});
