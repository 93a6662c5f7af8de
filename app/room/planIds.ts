/** An id as the plan's keys take it: lower-case letters and digits. */
export const newPlanId = (): string => [...crypto.getRandomValues(new Uint8Array(8))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
