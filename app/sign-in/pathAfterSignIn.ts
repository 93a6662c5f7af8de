/** The page to go to after signing in: a path of this workspace, never another site. */
export function pathAfterSignIn(asked: unknown): string {
  if (typeof asked !== "string" || !asked.startsWith("/") || asked.includes("\\")) return "/";
  const base = "http://workspace.invalid";
  if (!URL.canParse(asked, base)) return "/";
  const url = new URL(asked, base);
  return url.origin === base && !url.pathname.startsWith("//") && !url.pathname.startsWith("/sign-in") ? url.pathname + url.search + url.hash : "/";
}
