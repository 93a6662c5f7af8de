import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { isLoopbackHost, type Settings } from "../platform/settings.ts";

/** What stands before everything: whether a request may be answered at all, and with which headers. */
export type Verdict = { kind: "pass" } | { kind: "redirect"; to: string } | { kind: "refuse"; status: number; code: string; message: string };

const pass: Verdict = { kind: "pass" };
const isForwardingHeader = (name: string) => name === "forwarded" || name === "x-real-ip" || name.startsWith("x-forwarded-");
const peerOf = (req: IncomingMessage) => (req.socket.remoteAddress ?? "").replace(/^::ffff:/, "");
const isLoopbackPeer = (req: IncomingMessage) => peerOf(req) === "::1" || peerOf(req).startsWith("127.");
const hostNameOf = (req: IncomingMessage) => (req.headers.host ?? "").replace(/:\d+$/, "").replace(/^\[|\]$/g, "").toLowerCase();

/**
 * Takes away headers that only our own server, or the one proxy named in the settings, may set: they would
 * otherwise let a client choose its address, its nonce, or what Next believes (CVE-2025-29927 and its kin).
 */
export function stripHeaders(req: IncomingMessage, settings: Settings): void {
  const isProxy = settings.trustedProxy !== null && peerOf(req) === settings.trustedProxy;
  for (const name of Object.keys(req.headers)) {
    if (name.startsWith("x-middleware-") || name === "x-nonce" || name.startsWith("content-security-policy") || name.startsWith("x-nextjs-")) delete req.headers[name];
    if (isForwardingHeader(name) && !isProxy) delete req.headers[name];
  }
}

/** Host, and in a demo workspace who asks. Call before `stripHeaders`: it looks at what that takes away. */
export function judgeHost(req: IncomingMessage, settings: Settings): Verdict {
  const name = hostNameOf(req);
  const expected = new URL(settings.origin).host;
  const isRead = req.method === "GET" || req.method === "HEAD";
  if (settings.mode === "demo") {
    const isForwarded = Object.keys(req.headers).some(isForwardingHeader);
    if (!isLoopbackHost(settings.host) || !isLoopbackPeer(req) || !isLoopbackHost(name) || isForwarded) {
      return {
        kind: "refuse", status: 403, code: "demoOnly",
        message: `A demo workspace has no passwords, so it is only for a browser on its own machine, at ${settings.origin}, without a proxy. For other people start a real workspace: npm start -- --real`,
      };
    }
  }
  if (req.headers.host === expected) return pass;
  if (isLoopbackHost(name) && isRead && req.headers.upgrade === undefined) return { kind: "redirect", to: settings.origin + safePath(req.url) };
  if (settings.trustedProxy !== null && peerOf(req) === settings.trustedProxy) return pass;
  if (settings.mode === "real" && isRead && req.url === "/api/health") return pass;
  return { kind: "refuse", status: 421, code: "wrongHost", message: `This workspace is at ${settings.origin}. Served under another name? Set CASEROOM_ORIGIN, and CASEROOM_TRUSTED_PROXY behind a proxy.` };
}

const safePath = (url: string | undefined) => (url?.startsWith("/") && !url.startsWith("//") && !url.includes("\\") ? url : "/");

/** G3: what changes something must come from a page of ours: the custom header and a matching Origin. */
export function judgeChange(req: IncomingMessage, settings: Settings): Verdict {
  if (req.method === "GET" || req.method === "HEAD") return pass;
  const site = req.headers["sec-fetch-site"];
  const isOurs = req.headers.origin === settings.origin && (site === undefined || site === "same-origin");
  if (isOurs && req.headers["x-caseroom"] === "1") return pass;
  return { kind: "refuse", status: 403, code: "foreignRequest", message: "This request does not come from a page of this workspace." };
}

/** G7: the policy of a page. The development server needs eval and inline styles for hot reload; the product has neither. */
export function pagePolicy(nonce: string, settings: Settings): string {
  const own = settings.origin.replace(/^http/, "ws");
  return [
    "default-src 'self'",
    `script-src 'self' 'nonce-${nonce}' 'strict-dynamic' 'wasm-unsafe-eval'${settings.dev ? " 'unsafe-eval'" : ""}`,
    `style-src 'self' ${settings.dev ? "'unsafe-inline'" : `'nonce-${nonce}'`}`,
    "img-src 'self' data: blob:", "font-src 'self' data:", `connect-src 'self' ${own} data: blob:`, "worker-src 'self' blob:",
    "object-src 'none'", "base-uri 'none'", "form-action 'self'", "frame-src 'none'", "frame-ancestors 'none'",
  ].join("; ");
}

/** The policy of built scripts and styles: a worker made of one of them runs under it. */
const assetPolicy = "default-src 'self' data: blob:; script-src 'self' 'wasm-unsafe-eval'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'";

/**
 * Headers of every answer: isolation for SharedArrayBuffer, no sniffing, no framing, and the policy of a page with its
 * own nonce, which Next reads from the request's headers and puts on its scripts.
 */
export function setHeaders(req: IncomingMessage, res: ServerResponse, settings: Settings): void {
  res.setHeader("cross-origin-opener-policy", "same-origin");
  res.setHeader("cross-origin-embedder-policy", "require-corp");
  res.setHeader("cross-origin-resource-policy", "same-origin");
  res.setHeader("x-content-type-options", "nosniff");
  res.setHeader("referrer-policy", "same-origin");
  res.setHeader("permissions-policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=()");
  if (settings.origin.startsWith("https://")) res.setHeader("strict-transport-security", "max-age=31536000; includeSubDomains");
  if (req.url?.startsWith("/_next/static/")) {
    res.setHeader("content-security-policy", assetPolicy);
    return;
  }
  const nonce = randomBytes(16).toString("base64");
  const policy = pagePolicy(nonce, settings);
  req.headers["x-nonce"] = nonce;
  req.headers["content-security-policy"] = policy;
  res.setHeader("content-security-policy", policy);
}
