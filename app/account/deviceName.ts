const browsers = [["Edg/", "Edge"], ["OPR/", "Opera"], ["Firefox/", "Firefox"], ["Chrome/", "Chrome"], ["Safari/", "Safari"]] as const;
const systems = [["iPhone", "iPhone"], ["iPad", "iPad"], ["Android", "Android"], ["Windows", "Windows"], ["Mac OS X", "macOS"], ["Linux", "Linux"]] as const;

/** «Chrome on Linux», from a browser's own words about itself. */
export function deviceName(userAgent: string | null): string {
  if (!userAgent) return "A browser";
  const browser = browsers.find(([mark]) => userAgent.includes(mark))?.[1] ?? "A browser";
  const system = systems.find(([mark]) => userAgent.includes(mark))?.[1];
  return system ? `${browser} on ${system}` : browser;
}
