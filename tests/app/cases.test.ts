import { describe, expect, test } from "vitest";
import { filterCases, readFilter, writeFilter, type FilterableCase } from "../../app/cases/caseFilter.ts";
import { sentName, shownNames, type PickedFile } from "../../app/cases/import/pickFiles.ts";
import { pathAfterSignIn } from "../../app/sign-in/pathAfterSignIn.ts";
import { formatBytes, formatDue } from "../../app/ui/format.ts";
import { initials } from "../../app/ui/people.ts";

const made = (code: string, change: Partial<FilterableCase> = {}): FilterableCase => ({
  code, region: "cranial", status: "open", createdBy: "u1", createdAt: new Date("2026-11-01"), dueAt: null, people: [{ name: "Ana Moreno" }], role: "engineer",
  facts: { status: "open", hasVolume: true, drawnVoxels: 0, segments: 1, segmentsDone: 0, openComments: 0, hasImplant: false, checks: { pass: 0, fail: 0, needsJudgement: 0, waiting: 0 }, version: null }, ...change,
});

describe("the list's filter", () => {
  test("travels through the URL unchanged, and the default is empty", () => {
    const filter = { view: "mine", layout: "board", region: "cranial", text: "ana 26", sort: "due" } as const;
    expect(readFilter(new URLSearchParams(writeFilter(filter)))).toEqual(filter);
    expect(writeFilter(readFilter(new URLSearchParams("view=nonsense&sort=")))).toBe("");
  });
  test("keeps what matches every word, in the order asked for", () => {
    const rows = [
      made("26-002", { createdAt: new Date("2026-11-02") }), made("26-010", { dueAt: new Date("2026-12-01") }),
      made("26-003", { status: "archived" }), made("26-004", { region: "mandible", createdBy: "u2", people: [{ name: "Kim Lee" }] }),
    ];
    const codes = (query: string) => filterCases(rows, readFilter(new URLSearchParams(query)), { userId: "u1", now: new Date(2026, 11, 2) }).map((row) => row.code);
    expect(codes("")).toEqual(["26-002", "26-010", "26-004"]);
    expect(codes("sort=due")).toEqual(["26-010", "26-004", "26-002"]);
    expect(codes("view=mine&sort=code")).toEqual(["26-010", "26-002"]);
    expect(codes("view=archived")).toEqual(["26-003"]);
    expect(codes("q=KIM+mandible")).toEqual(["26-004"]);
    expect(codes("q=kim+cranial")).toEqual([]);
    expect(codes("view=overdue")).toEqual(["26-010"]);
    rows[0].role = "segmentationSpecialist"; // the bone is not drawn yet
    expect(codes("view=waiting")).toEqual(["26-002"]);
  });
});

describe("names of files", () => {
  const files = ["Doe^Jane/IM0001", "Doe^Jane/IM0002.dcm"].map((path) => ({ path, file: {} as File }) satisfies PickedFile);
  test("are not sent, only a number and a known ending", () => {
    expect(files.map(({ path }, index) => sentName(index, path))).toEqual(["00001", "00002.dcm"]);
    expect(sentName(0, "Jane Doe.NII.GZ")).toBe("00001.nii.gz");
    expect(sentName(0, "scan.JaneDoe")).toBe("00001");
  });
  test("stand beside what the import says of an image or a file", () => {
    const sent = [{ path: "Doe^Jane/IM0001", name: "image 1 at z 14.0 mm" }, { path: "Doe^Jane/IM0002.dcm", name: "image 31 at z -146.0 mm" }, { path: "a", name: "image 7" }, { path: "b", name: "image 7" }, { path: "c", name: null }];
    expect(shownNames("Between image 31 at z -146.0 mm and image 1 at z 14.0 mm; image 31 at z -146.5 mm; image 7 frame 2; file 5: broken; file 55; 12345 HU stay.", sent))
      .toBe("Between image 31 at z -146.0 mm (Doe^Jane/IM0002.dcm) and image 1 at z 14.0 mm (Doe^Jane/IM0001); image 31 at z -146.5 mm; image 7 frame 2; file 5 (c): broken; file 55; 12345 HU stay.");
  });
});

test("after signing in one stays on this site", () => {
  expect(pathAfterSignIn("/cases/1?slice=3#c")).toBe("/cases/1?slice=3#c");
  for (const bad of ["//evil.example", "/\\evil.example", "https://evil.example", "/.//evil.example", "/\t/evil.example", "/sign-in?next=/", undefined, ["/a"]]) {
    expect(pathAfterSignIn(bad)).toBe("/");
  }
});

test("sizes, due dates and initials read well", () => {
  expect([0, 1023, 67_108_864, 1_503_238_554].map(formatBytes)).toEqual(["0 B", "1023 B", "64.0 MiB", "1.4 GiB"]);
  const now = new Date(2026, 10, 23, 23, 0);
  expect([-1, 0, 1, 3].map((days) => formatDue(new Date(Date.UTC(2026, 10, 23 + days, 12)), now).text)).toEqual(["Overdue 1 day", "Today", "Tomorrow", "Thu 26 Nov"]);
  expect(["Ana Moreno", "S. Rao", "Kim", ""].map(initials)).toEqual(["AM", "SR", "K", "?"]);
});
