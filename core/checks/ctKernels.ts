/** Standard, sharp or not known: reconstruction kernels by the makers' names [K]. */
export function kernelKind(manufacturer: string, kernel: string): "standard" | "sharp" | "unknown" {
  const name = kernel.trim().toUpperCase(), maker = manufacturer.toUpperCase();
  if (!name) return "unknown";
  // Siemens: a letter for the body part and a number that grows with sharpness (B31f, H60s, Br40, Hr68h, AH40).
  const siemens = /(?:^|[^A-Z0-9])(?:[ABCDHIJQTU][A-Z]?)(\d\d)[A-Z]?(?:$|[^A-Z0-9])/.exec(` ${name} `);
  if (siemens && (maker === "" || maker.includes("SIEMENS"))) return Number(siemens[1]) < 50 ? "standard" : "sharp";
  if (maker.includes("GE") && /^(STANDARD|SOFT|DETAIL|CHST)/.test(name)) return "standard";
  if (maker.includes("GE") && /^(BONE|EDGE|LUNG|ULTRA|HD)/.test(name)) return "sharp";
  if (maker.includes("PHILIPS")) return /^(A|B|C|UA|UB|UC|XA|XB|XC|SA|SB|SC|BRAIN|EB|IMR)$/.test(name) ? "standard" : /^(D|E|L|YA|YB|YC|YD|UD|XD|XE)$/.test(name) ? "sharp" : "unknown";
  const canon = /^FC(\d\d)/.exec(name);
  if (canon) return Number(canon[1]) < 30 || (Number(canon[1]) >= 60 && Number(canon[1]) < 70) ? "standard" : "sharp";
  return /^(STANDARD|SOFT|SMOOTH|MEDIUM)$/.test(name) ? "standard" : /^(BONE|SHARP|LUNG|EDGE)/.test(name) ? "sharp" : "unknown";
}

const coneBeam = /NEWTOM|I-?CAT|IMAGING SCIENCES|PLANMECA|CARESTREAM|MORITA|ACCUITOMO|VATECH|SIRONA|ORTHOPHOS|GALILEOS|KAVO|INSTRUMENTARIUM|SOREDEX|SCANORA|PREXION|CBCT|QR S\.?R\.?L|CEFLA|MYRAY|OWANDY|GENORAY|RAYSCAN/;
/** Whether maker or model is one of cone-beam scanners, whose grey values are not HU [K]. */
export const isConeBeam = (manufacturer: string, model: string): boolean => coneBeam.test(`${manufacturer} ${model}`.toUpperCase());
