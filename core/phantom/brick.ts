import { airSpaces, baseBones, facialBones, hollows, orbit } from "./face.ts";
import { mandible, spine, teeth, upperRidge } from "./jaw.ts";
import { partsNear, type Box, type Part } from "./parts.ts";
import { softParts } from "./skin.ts";

/** The parts that can matter to the voxels of one small box; most boxes are far from most parts. */
export interface Near {
  readonly soft: Part[];
  readonly face: Part[];
  readonly jaw: Part[];
  readonly base: Part[];
  readonly spine: Part[];
  readonly hollows: Part[];
  readonly air: Part[];
  readonly hasOrbit: boolean;
  readonly hasTeeth: boolean;
}

const wholeFace = [...facialBones, ...upperRidge];
/** The skin over bone and its fillet together, mm. */
const skinReach = 11;
/** The fillet between scalp and soft parts, mm. */
const softReach = 14;

/** What is near a box (x as distance from the midline, mm); the skin follows bones that are farther away than bone does. */
export function partsOf(box: Box): Near {
  return {
    soft: partsNear(softParts, box, softReach),
    face: partsNear(wholeFace, box, skinReach), jaw: partsNear(mandible, box, skinReach),
    base: partsNear(baseBones, box, 5), spine: partsNear(spine, box, 5),
    hollows: partsNear(hollows, box, 5), air: partsNear(airSpaces, box, 5),
    hasOrbit: partsNear([orbit], box, 4).length > 0, hasTeeth: partsNear([teeth], box, 4).length > 0,
  };
}
