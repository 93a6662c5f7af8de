import { unzipSync } from "fflate";
import { expect, it } from "vitest";
import { meshWriters } from "../../../core/surface/meshFile.ts";

it("a surface has the same colour in a GLB, whose colours are in linear light, as in a 3MF, whose are sRGB", () => {
  const mesh = { positions: Float32Array.of(0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1), triangles: Uint32Array.of(0, 2, 1, 0, 1, 3, 1, 2, 3, 0, 3, 2) };
  const glb = meshWriters.glb(mesh, "bone"), json = JSON.parse(new TextDecoder().decode(glb.subarray(20, 20 + new DataView(glb.buffer).getUint32(12, true)))) as { materials: { pbrMetallicRoughness: { baseColorFactor: number[] } }[] };
  const [red, green, blue, alpha] = json.materials[0].pbrMetallicRoughness.baseColorFactor;
  // Back by the curve of IEC 61966-2-1, as a viewer does.
  const shown = [red, green, blue].map((c) => Math.round(255 * (c <= 0.0031308 ? 12.92 * c : 1.055 * c ** (1 / 2.4) - 0.055)));
  const model = new TextDecoder().decode(unzipSync(meshWriters["3mf"](mesh, "bone"))["3D/3dmodel.model"]);
  expect(/displaycolor="#([0-9A-F]{6})"/.exec(model)?.[1]).toBe(shown.map((c) => c.toString(16).padStart(2, "0")).join("").toUpperCase());
  expect(alpha).toBe(1);
});
