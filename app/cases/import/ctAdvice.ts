/** What a finding of the CT report is about, and what to ask the radiographer for (DOMAIN §3). */
interface Advice { title: string; ask: string }
const advice: Readonly<Record<string, Advice>> = {
  CT1: { title: "Slice thickness, cranial", ask: "Ask for a reconstruction of the same raw data at 0.625 to 1 mm, standard kernel; no new scan is needed while the raw data are kept." },
  CT2: { title: "Slice thickness, face and jaw", ask: "Ask for a reconstruction at 0.5 to 0.65 mm." },
  CT3: { title: "Slice thickness, large bones", ask: "Ask for a reconstruction at 0.75 to 1.25 mm." },
  CT4: { title: "Increment", ask: "Ask for slices that touch or overlap: the increment at most the thickness." },
  CT5: { title: "Constant thickness", ask: "Ask for one series in which all slices have the same thickness." },
  CT6: { title: "Gantry tilt", ask: "Ask for a scan or reconstruction without tilt (0°)." },
  CT7: { title: "Pixel size", ask: "Ask for a field of view of 250 mm or less at 512 × 512 pixels." },
  CT8: { title: "Kernel", ask: "Ask for a second reconstruction with a standard kernel beside the sharp one." },
  CT9: { title: "Coverage", ask: "Ask for a scan from the vertex down, with at least 20 mm around the defect." },
  "pelvis-coverage": { title: "Iliac crests and ischia", ask: "Ask for a scan from above both iliac crests to below both ischia." },
  CT10: { title: "Pitch", ask: "Ask for a scan at pitch 1 or less." },
  motion: { title: "Motion", ask: "Scroll through the slices for steps and double contours; ask for another scan where there are some." },
  streaks: { title: "Streaks", ask: "Ask for a reconstruction with metal artefact reduction, beside the plain one." },
  CT11: { title: "Age of the scan", ask: "Ask whether there was surgery since, and for a scan of at most 3 months (a child: 1 month)." },
  CT12: { title: "Modality", ask: "Ask for a CT in Hounsfield units; cone-beam and MR do not carry them." },
  spacing: { title: "Distance of the slices", ask: "" },
  "uneven-end-slice": { title: "Uneven slice at an end", ask: "Use the regular part where the end holds nothing that is needed, or ask for the series to be sent again." },
  "uneven-spacing": { title: "Uneven distances", ask: "Ask for a series with one increment throughout." },
  "missing-slices": { title: "Missing slices", ask: "Ask for the series to be sent again: slices may have been lost on the way." },
  "broken-slices": { title: "Broken slices", ask: "Ask for the series to be sent again; release is stopped until somebody with the right writes that what is missing is not needed." },
  resampled: { title: "Resampled", ask: "Ask for an untilted, evenly spaced reconstruction where the original voxels are wanted." },
  "regular-part": { title: "Regular part only", ask: "" }, derived: { title: "Derived volume", ask: "Compare thin bone with the original case before measuring here." },
  reoriented: { title: "Turned head", ask: "Positions here differ from the scan's: do not compare coordinates, and do not bring surfaces or masks of the scan into this case." },
  "masks-carried": { title: "Masks of the first case", ask: "Look at the outlines in all three directions; draw again what was cut off." },
  fov: { title: "Field of view", ask: "Ask for a field of view that holds the whole circumference." },
  metal: { title: "Metal", ask: "Ask for a reconstruction with metal artefact reduction, beside the plain one." },
  noise: { title: "Noise", ask: "Ask for a standard kernel or thicker overlapping slices." },
  "hu-peaks": { title: "Calibration of HU", ask: "Ask for the original DICOM series with its rescale values." },
  lossy: { title: "Lossy compression", ask: "Ask for the series uncompressed or losslessly compressed." },
  laterality: { title: "Left and right", ask: "Compare with a mark, a known scar or the referral before planning." },
  "patient-mix-up": { title: "Two patients", ask: "Ask for the series of one patient only, and tell the sender." },
  "burned-in": { title: "Text in the pictures", ask: "Ask for images without annotations." },
  quantised: { title: "Rounded values", ask: "" }, clamped: { title: "Values out of range", ask: "Ask for the original DICOM series." }, padding: { title: "Padding", ask: "" }, outside: { title: "Outside the slices", ask: "" },
  duplicates: { title: "Copies", ask: "" }, "broken-files": { title: "Unreadable files", ask: "Ask for the series to be copied again." }, "other-files": { title: "Other files", ask: "" },
  "qform-sform-conflict": { title: "Two places in one file", ask: "Ask for the DICOM series that the file was made of." }, "units-assumed": { title: "Unit of length", ask: "Ask for a file that names millimetres." },
  straightened: { title: "Straightened", ask: "" },
};
export const adviceOf = (code: string): Advice => advice[code] ?? { title: code, ask: "" };

/** A finding's message for a page, where an option of the command line is a button. */
export const sentenceOf = (message: string): string => message.replace(" with --use-regular-part", "");
