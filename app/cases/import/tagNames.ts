/** What people call the attributes that an import keeps, replaces or most often removes (PS3.6). */
const names: Readonly<Record<string, string>> = {
  "00080005": "Character set", "00080008": "Image type", "00080016": "Kind of object", "00080018": "UID of the image", "00080012": "Creation date", "00080020": "Study date", "00080021": "Series date",
  "00080022": "Acquisition date", "00080023": "Content date", "00080030": "Study time", "00080050": "Accession number", "00080060": "Modality", "00080070": "Maker", "00080080": "Institution",
  "00080081": "Institution's address", "00080090": "Referring physician", "00081010": "Station", "00081030": "Study description", "0008103e": "Series description", "00081050": "Performing physician",
  "00081070": "Operator", "00081090": "Scanner model", "00100010": "Patient's name", "00100020": "Patient's number", "00100030": "Birth date", "00100040": "Sex", "00101010": "Age", "00101020": "Height",
  "00101030": "Weight", "00101040": "Address", "00102154": "Telephone", "00104000": "Comments on the patient", "00180015": "Body part", "00180050": "Slice thickness", "00180060": "Tube voltage",
  "00181000": "Device serial number", "00181020": "Software version", "00181030": "Protocol name", "00181120": "Gantry tilt", "00181151": "Tube current", "00181210": "Kernel", "00185100": "Patient position",
  "0020000d": "UID of the study", "0020000e": "UID of the series", "00200010": "Study number", "00200011": "Series number", "00200012": "Acquisition number", "00200013": "Image number",
  "00200032": "Image position", "00200037": "Image orientation", "00200052": "UID of the frame of reference", "00204000": "Comments on the image", "00280010": "Rows", "00280011": "Columns", "00280030": "Pixel spacing",
  "00281050": "Window centre", "00281051": "Window width", "00281052": "Rescale intercept", "00281053": "Rescale slope", "00321060": "Requested procedure", "00120062": "De-identified", "00120063": "De-identification method", "00120064": "De-identification method, as codes",
};
/** A tag with its name, as people read it. */
export const tagLabel = (tag: string): string => `${names[tag] ?? "Other attribute"} (${tag.slice(0, 4)},${tag.slice(4)})`;
export const isNamed = (tag: string): boolean => tag in names;
