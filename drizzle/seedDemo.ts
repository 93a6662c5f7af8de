import type { PostgresJsDatabase } from "drizzle-orm/postgres-js";
import type { Role } from "../core/review/permissions.ts";
import * as schema from "./schema.ts";

/** The people whom anybody at a demo workspace may be; they have no password. */
export const demoPeople: readonly { id: string; name: string; email: string; role: Role }[] = [
  { id: "demo-specialist", name: "Sam Okafor", email: "specialist@demo.invalid", role: "segmentationSpecialist" },
  { id: "demo-engineer", name: "Elin Berg", email: "engineer@demo.invalid", role: "engineer" },
  { id: "demo-surgeon", name: "Dr. Ana Ruiz", email: "surgeon@demo.invalid", role: "surgeon" },
  { id: "demo-reviewer", name: "Ravi Mehta", email: "reviewer@demo.invalid", role: "reviewer" },
];

/** Code of the case that a worker makes of the synthetic head. */
export const demoCaseCode = "DEMO-001";

/** Adds the demo people where they are not there yet; their case is made by a worker. */
export async function seedDemo(db: PostgresJsDatabase<typeof schema>): Promise<void> {
  await db.insert(schema.user).values(demoPeople.map(({ id, name, email }) => ({ id, name, email, emailVerified: true, isDemo: true }))).onConflictDoNothing();
}
