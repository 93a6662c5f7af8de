import { expect, it } from "vitest";
import { logLine } from "../../../server/platform/log.ts";
import { parseSettings } from "../../../server/platform/settings.ts";

const base = { CASEROOM_DATABASE: "postgres://x@127.0.0.1/x" };

it("is a demo workspace on localhost:3000 without any configuration", () => {
  expect(parseSettings(base)).toMatchObject({ port: 3000, host: "127.0.0.1", origin: "http://localhost:3000", mode: "demo", trustedProxy: null, dev: false });
});

it.each([[{ DATABASE_URL: "postgres://y/z" }], [{ CASEROOM_ORIGIN: "https://c.example" }]])("is a real workspace when %o is set", (more) => {
  expect(parseSettings({ ...base, ...more }).mode).toBe("real");
});

it.each([
  [{ HOST: "0.0.0.0" }, /CASEROOM_ORIGIN=https/],
  [{ HOST: "0.0.0.0", CASEROOM_ORIGIN: "http://c.example" }, /CASEROOM_ORIGIN=https/],
  [{ CASEROOM_ORIGIN: "https://c.example/path" }, /scheme, host and port/],
  [{ CASEROOM_TLS_CERT: "cert.pem" }, /belong together/],
  [{ PORT: "seventy" }, /PORT/],
])("refuses %o and says how to mend it", (more, words) => {
  expect(() => parseSettings({ ...base, ...more })).toThrow(words);
});

it("keeps a log entry on one line, whatever is in it", () => {
  const line = logLine(new Date(0), "info", "x", { a: "one\r\ntwo\u2028\u0085", long: "y".repeat(2000) });
  expect(line).not.toMatch(/[\r\n\u2028\u0085]/);
  expect(JSON.parse(line)).toMatchObject({ a: "one\r\ntwo\u2028\u0085" });
  expect(line.length).toBeLessThan(700);
});
