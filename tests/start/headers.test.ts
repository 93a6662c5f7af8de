import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { signInHeadless } from "../support/headlessPerson.ts";
import { startProduct, type Product } from "../support/product.ts";

const directives = (policy: string | null) => new Map((policy ?? "").split(";").map((part) => part.trim().split(/\s+/)).map(([name, ...values]) => [name, values]));

describe("G7: what the built product answers with", () => {
  let product: Product, cookie = "";
  beforeAll(async () => {
    product = await startProduct();
    ({ cookie } = await signInHeadless(product.origin, "demo-surgeon"));
  });
  afterAll(() => product?.stop());
  const get = (path: string, as = cookie) => fetch(product.origin + path, { redirect: "manual", headers: as ? { cookie: as } : {} });

  it.each(["/sign-in", "/", "/cases/00000000-0000-4000-8000-000000000000", "/no-such-page"])("%s: isolated, with a policy whose nonce is on every script and on no other answer", async (path) => {
    const answers = [await get(path), await get(path)];
    const nonces: string[] = [];
    for (const answer of answers) {
      expect(answer.headers.get("cross-origin-opener-policy")).toBe("same-origin");
      expect(answer.headers.get("cross-origin-embedder-policy")).toBe("require-corp");
      expect(answer.headers.get("cross-origin-resource-policy")).toBe("same-origin");
      expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
      expect(answer.headers.get("x-powered-by")).toBeNull();
      const policy = directives(answer.headers.get("content-security-policy"));
      const script = policy.get("script-src") ?? [];
      expect(script).toEqual(expect.arrayContaining(["'strict-dynamic'", "'wasm-unsafe-eval'"]));
      for (const forbidden of ["'unsafe-inline'", "'unsafe-eval'", "*", "http:", "https:"]) {
        for (const [name, values] of policy) expect(values, `${name} of ${path}`).not.toContain(forbidden);
      }
      for (const name of ["object-src", "base-uri", "frame-ancestors"]) expect(policy.get(name)).toEqual(["'none'"]);
      expect(policy.get("worker-src")).toEqual(["'self'", "blob:"]);
      const nonce = script.map((value) => /^'nonce-(.+)'$/.exec(value)?.[1]).find((value) => value !== undefined) ?? "";
      expect(nonce.length).toBeGreaterThanOrEqual(22);
      nonces.push(nonce);
      const html = await answer.text();
      if (!(answer.headers.get("content-type") ?? "").startsWith("text/html") || answer.status >= 300 && answer.status < 400) continue;
      const scripts = [...html.matchAll(/<script\b([^>]*)>/g)].map(([, attributes]) => attributes);
      expect(scripts.length).toBeGreaterThan(0);
      expect(scripts.filter((attributes) => !attributes.includes(`nonce="${nonce}"`))).toEqual([]);
      expect(html).not.toMatch(/\son[a-z]+="/);
      // Nothing is fetched from elsewhere.
      expect([...html.matchAll(/\b(?:src|href)="(https?:)?\/\/[^"]*"/g)].map(([found]) => found)).toEqual([]);
    }
    expect(nonces[0]).not.toBe(nonces[1]);
  });

  it("scripts and styles say who may load them, and a worker made of one runs isolated", async () => {
    const html = await (await get("/sign-in")).text();
    const paths = [...html.matchAll(/"(\/_next\/static\/[^"\\]+\.(?:js|css))"/g)].map(([, path]) => path);
    expect(paths.length).toBeGreaterThan(2);
    for (const path of new Set(paths)) {
      const answer = await get(path);
      expect(answer.status).toBe(200);
      expect(answer.headers.get("cross-origin-resource-policy")).toBe("same-origin");
      expect(answer.headers.get("cross-origin-embedder-policy")).toBe("require-corp");
      expect(directives(answer.headers.get("content-security-policy")).get("script-src")).toEqual(["'self'", "'wasm-unsafe-eval'"]);
      await answer.arrayBuffer();
    }
  });

  it("API answers are not stored anywhere, and a session's cookie is out of scripts' reach", async () => {
    const answer = await get("/api/trpc/cases.list");
    expect(answer.status).toBe(200);
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect(answer.headers.get("cross-origin-resource-policy")).toBe("same-origin");
    const signedIn = await fetch(`${product.origin}/api/demo/sign-in`, {
      method: "POST", body: JSON.stringify({ userId: "demo-surgeon" }), headers: { origin: product.origin, "x-caseroom": "1", "content-type": "application/json" },
    });
    const cookies = signedIn.headers.getSetCookie();
    expect(cookies.length).toBeGreaterThan(0);
    for (const one of cookies) expect(one).toMatch(/; HttpOnly/i);
    for (const one of cookies) expect(one).toMatch(/; SameSite=(Lax|Strict)/i);
  });
});
