import type { LandmarkName } from "../../../core/volume/landmarks.ts";

/** Landmarks in words, right and left being the patient's. */
export const landmarkWords: Readonly<Record<LandmarkName, string>> = {
  nasion: "Nasion", anteriorNasalSpine: "Anterior nasal spine", crista: "Crista galli", basion: "Basion", opisthion: "Opisthion", inion: "Inion",
  porionRight: "Porion, right", porionLeft: "Porion, left", orbitaleRight: "Orbitale, right", orbitaleLeft: "Orbitale, left", zygionRight: "Zygion, right", zygionLeft: "Zygion, left", mastoidRight: "Mastoid, right", mastoidLeft: "Mastoid, left",
};
