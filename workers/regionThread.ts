// Judges a CT report for another region off the worker's event loop. It never opens the database.
import { parentPort, workerData } from "node:worker_threads";
import { gunzipSync } from "fflate";
import type { Finding, Region } from "../core/checks/ctQuality.ts";
import { findingPictures } from "../core/checks/findingPictures.ts";
import { judgePelvis, pelvisProfile } from "../core/checks/pelvisCoverage.ts";
import { judgeRegionAnew, type RegionFacts, regionCodes } from "../core/checks/regionFindings.ts";
import { scanPlaceOf } from "../core/checks/scanPlace.ts";
import { volumeFacts } from "../core/checks/volumeFacts.ts";
import type { Grid } from "../core/space/grid.ts";
import { encodePng } from "../core/surface/format/png.ts";
import { canonicalVolume, decodeNifti } from "../core/volume/nifti.ts";

/** `place`: the report's provenance, which says where the scan ends. */
export interface RegionQuestion { file: Uint8Array; grid: Grid; region: Region; findings: Finding[]; facts: RegionFacts; place: unknown }
/** `codes`: those of the findings that depend on the region; `pictures`: of these, where one helps. */
export interface RegionAnswer { findings: Finding[]; facts: RegionFacts; codes: readonly string[]; pictures: { code: string; shows: string; png: string }[] }

const { file, grid, region, findings, facts, place } = workerData as RegionQuestion;
const { hu } = canonicalVolume(decodeNifti(gunzipSync(file)));
// A scan that lies askew was looked at before it was resampled; one that lies straight is all there.
const known: RegionFacts = region === "pelvis" && !facts.pelvis ? { ...facts, pelvis: judgePelvis(pelvisProfile(grid, hu)) } : facts;
const judged = judgeRegionAnew(findings, known, region), dependent = judged.filter(({ code, severity }) => regionCodes.has(code) && severity !== "pass");
// Where the scan ends within the volume, the plane that it cuts is not in it.
const shown = dependent.filter(({ code }) => code !== "CT9" || scanPlaceOf(place) === null);
const drawn = shown.length === 0 ? [] : findingPictures(shown, { grid, hu, facts: { ...volumeFacts(grid, hu), ...known.cut }, plan: null, rowsMm: 1, rows: 1 });
const answer: RegionAnswer = { findings: judged, facts: known, codes: [...regionCodes], pictures: drawn.map(({ code, shows, picture }) => ({ code, shows, png: Buffer.from(encodePng(picture, true)).toString("base64") })) };
parentPort?.postMessage(answer);
