const units = ["B", "KiB", "MiB", "GiB"] as const;

/** A size for people: 64 MiB, 1.4 GiB. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) { value /= 1024; unit++; }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

const day = new Intl.DateTimeFormat("en-GB", { weekday: "short", day: "numeric", month: "short" });
const moment = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", timeZoneName: "short" });

/** A day in the viewer's zone: Thu 26 Nov. */
export function formatDay(date: Date): string {
  return day.format(date).replace(",", "");
}

/** A moment in the viewer's zone, the zone named. */
export function formatMoment(date: Date): string {
  return moment.format(date);
}

const recordTime = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "long" });

/** A moment that the record asserts (a freeze, a signature, an override), in the viewer's zone: 30 Nov 2026, 17:44:37 UTC. */
export function formatRecordTime(date: Date): string {
  return recordTime.format(date);
}

const time = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });

/** A time of day in the viewer's zone: 05:14. */
export function formatTime(date: Date): string {
  return time.format(date);
}

/** The calendar day that a due date names (its UTC day, so that it is one day in every zone) as local midnight. */
const dueDay = (due: Date): Date => new Date(due.getUTCFullYear(), due.getUTCMonth(), due.getUTCDate());

/** A due date against today in the viewer's zone, and how it should look. */
export function formatDue(dueAt: Date, now: Date): { text: string; tone: "plain" | "attention" | "fail" } {
  const midnight = (date: Date) => new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
  const due = dueDay(dueAt);
  const days = Math.round((midnight(due) - midnight(now)) / 86_400_000);
  if (days < 0) return { text: `Overdue ${-days} ${days === -1 ? "day" : "days"}`, tone: "fail" };
  if (days === 0) return { text: "Today", tone: "attention" };
  if (days === 1) return { text: "Tomorrow", tone: "attention" };
  return { text: formatDay(due), tone: "plain" };
}
