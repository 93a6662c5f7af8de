/** What keeps a volume from being made, for the person. */
export class DeriveError extends Error { override name = "DeriveError"; }
