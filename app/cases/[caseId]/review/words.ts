/** Words of the states and meanings on screen. */
export const stateWords = { frozen: "Frozen", inReview: "In review", signed: "Signed", released: "Released", superseded: "Superseded", voided: "Voided" } as const;
export const meaningWords = { designed: "Designed", reviewed: "Reviewed", approved: "Approved for manufacture", rejected: "Rejected" } as const;
