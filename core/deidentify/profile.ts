/**
 * What becomes of each attribute (PS3.15 annex E, Basic profile). The Basic profile names what to remove; this table is
 * stricter: it names what may stay, and everything that is not in it goes, so that an attribute nobody thought of cannot
 * carry a name.
 */
export type Action = "keep" | "uid" | "date" | "patient" | "group";

/** Kept as they are: what a volume needs, what judges its quality, and what a reader must have. Geometry stays bit-exact. */
const kept = `00080005 00080008 00080016 00080060 00080070 00081090 00082218
00180015 00180022 00180050 00180060 00180088 00180090 00181100 00181110 00181111 00181120 00181130 00181150 00181151 00181152 00181160 00181170 00181190 00181210 00185100
00189305 00189306 00189307 00189309 00189310 00189311 00189316 00200011 00200012 00200013 00200032 00200037 00200060 00200062 00200100 00201041
00280002 00280004 00280006 00280008 00280009 00280010 00280011 00280030 00280034 00280100 00280101 00280102 00280103 00280106 00280107 00280120 00280121 00280300 00280301
00281050 00281051 00281052 00281053 00281054 00283002 00282110 00282112 00282114 00209056 00209057 00209128 00209156 00089007 00089205 00089206 00089207`.split(/\s+/);
const uids = "00080018 0020000d 0020000e 00200052 00081155 00083010 00209161 00209164".split(" ");
const dates = "00080012 00080020 00080021 00080022 00080023".split(" ");
/** Patient Characteristics: only with the option. */
const patients = "00100040 00101010 00101020 00101030".split(" ");
/** Sequences that are walked; every other one goes. They place the frames of a multi-frame image; of a Modality LUT it stays that there is one. */
const groups = "00283000 52009229 52009230 00209113 00209116 00289110 00289145 00209111 00209071 00189329 00189314 00189308 00189312 00189325 00289132".split(" ");

export const actions: ReadonlyMap<string, Action> = new Map([
  ...kept.map((tag) => [tag, "keep"] as const), ...uids.map((tag) => [tag, "uid"] as const), ...dates.map((tag) => [tag, "date"] as const),
  ...patients.map((tag) => [tag, "patient"] as const), ...groups.map((tag) => [tag, "group"] as const),
]);

/**
 * What files are marked with as done to them (0012,0064), of PS3.16 CID 7050. Maker and model stay too; the option Retain Device
 * Identity (113109) is not claimed, for serial numbers and stations go.
 */
export const methodCodes = {
  basic: { code: "113100", meaning: "Basic Application Confidentiality Profile" },
  modifiedDates: { code: "113107", meaning: "Retain Longitudinal Temporal Information Modified Dates Option" },
  patientCharacteristics: { code: "113108", meaning: "Retain Patient Characteristics Option" },
} as const;
export type MethodCode = (typeof methodCodes)[keyof typeof methodCodes];
/** The profile and its options as they are done. */
export const methodOf = (retainsPatientCharacteristics: boolean): MethodCode[] => [methodCodes.basic, methodCodes.modifiedDates, ...retainsPatientCharacteristics ? [methodCodes.patientCharacteristics] : []];
