/**
 * Materials that a plan may name. Process-specific: a number of one process says nothing about another (DOMAIN §4).
 * `source` names the reference of DOMAIN; «unverified» values are defaults that a user should replace (mark [K] there).
 */
export interface MaterialProfile {
  id: string;
  name: string;
  densityGPerCm3: number;
  /** Thinnest wall that the process makes, mm. */
  leastWallMm: number;
  /** Steepness from the horizontal under which a down-facing surface needs support, degrees; null where none prints. */
  supportDeg: number | null;
  /** Smallest through hole, mm. */
  leastHoleMm: number;
  /** Thickness rule of a cranial plate, mm: least, usual, most. */
  plateMm: readonly [least: number, usual: number, most: number];
  sources: Readonly<Record<"density" | "wall" | "support" | "hole" | "plate", string>>;
}

export const materialProfiles: readonly MaterialProfile[] = [
  {
    id: "peek-machined", name: "PEEK, machined", densityGPerCm3: 1.3, leastWallMm: 1.2, supportDeg: null, leastHoleMm: 2, plateMm: [3, 4, 6],
    sources: { density: "unverified (DOMAIN §7)", wall: "unverified (as PR10)", support: "machined: none (PR12)", hole: "unverified (PR12, tool Ø 2)", plate: "CR1; 3 mm and 6 mm unverified" },
  },
  {
    id: "peek-fff", name: "PEEK, printed (FFF)", densityGPerCm3: 1.3, leastWallMm: 1.2, supportDeg: 50, leastHoleMm: 1, plateMm: [3, 4, 6],
    sources: { density: "unverified (DOMAIN §7)", wall: "unverified (PR10)", support: "unverified (PR10)", hole: "unverified (PR6)", plate: "CR1; 3 mm and 6 mm unverified" },
  },
  {
    id: "pmma-moulded", name: "PMMA, moulded", densityGPerCm3: 1.18, leastWallMm: 2, supportDeg: null, leastHoleMm: 2, plateMm: [3, 4, 6],
    sources: { density: "unverified (DOMAIN §7)", wall: "unverified", support: "moulded: none", hole: "unverified", plate: "CR1 (4 mm: S53); 3 mm and 6 mm unverified" },
  },
  {
    id: "ti6al4v-lpbf", name: "Ti-6Al-4V ELI, laser powder bed", densityGPerCm3: 4.43, leastWallMm: 0.6, supportDeg: 45, leastHoleMm: 0.5, plateMm: [0.6, 0.6, 1.5],
    sources: { density: "S65 (commercial page)", wall: "PR2, S76, S77", support: "PR1, S69, S76", hole: "unverified (PR6)", plate: "unverified (CR2)" },
  },
];

/** What a wall at the least thickness is made thicker, mm: so much of it goes where a plate's wall moves to the exact gap, and where a tab follows a curved bone. */
export const spareWallMm = 0.04;
/** How thick tabs are made of a material, mm: as the plan says, and never thinner than the process makes. */
export const tabMm = (material: string, plannedMm: number): number => Math.max(plannedMm, materialOf(material).leastWallMm + spareWallMm);

export const materialIds = materialProfiles.map(({ id }) => id);
/** The profile of a plan's material. @throws RangeError for an id that no plan can hold */
export function materialOf(id: string): MaterialProfile {
  const found = materialProfiles.find((profile) => profile.id === id);
  if (!found) throw new RangeError(`no material ${id}`);
  return found;
}
