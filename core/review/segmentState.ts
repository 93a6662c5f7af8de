/** How far the work on a segment is, said by people; nothing sets it by itself. */
export const segmentStates = ["notStarted", "inProgress", "done", "flagged"] as const;
export type SegmentState = (typeof segmentStates)[number];

/** The words on screen. */
export const segmentStateTitles: Readonly<Record<SegmentState, string>> = {
  notStarted: "Not started", inProgress: "In progress", done: "Done", flagged: "Flagged",
};
