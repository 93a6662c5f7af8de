import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { gzipSync } from "fflate";
import { headCt } from "../../core/phantom/headCt.ts";
import { encodeNifti } from "../../core/volume/nifti.ts";
import type { HeadlessPerson } from "../support/headlessPerson.ts";
import { until } from "../support/until.ts";

const head = resolve("../shared/data/head_ct_0051");
/** Whether the real head CT is there. */
export const hasHead = existsSync(head);

/** A case of the real head CT where it is there, else of a made one, imported through the running product. @returns its id */
export async function importCase(person: HeadlessPerson): Promise<string> {
  const made = () => { const { grid, hu } = headCt(3, [256, 256, 120]); return gzipSync(encodeNifti({ grid, data: hu }), { level: 1 }); };
  const files = hasHead ? readdirSync(head).map((name) => ({ name: `${name}.dcm`, bytes: new Uint8Array(readFileSync(join(head, name))) })) : [{ name: "head.nii.gz", bytes: made() }];
  const { id } = await person.mutate<{ id: string }>("uploads.start", { totalBytes: files.reduce((sum, { bytes }) => sum + bytes.length, 0), options: { useRegularPart: true } });
  for (const { name, bytes } of files) await person.ask(`/api/uploads/${id}/file?name=${encodeURIComponent(name)}&offset=0`, { method: "PUT", body: new Uint8Array(bytes), headers: { "content-type": "application/octet-stream" } });
  await person.mutate("uploads.finish", { id });
  const row = await until("imported", async () => {
    const { state, caseId } = await person.query<{ state: string; caseId: string | null }>("uploads.get", { id });
    return (state === "done" || state === "refused") && { caseId };
  }, 120_000);
  if (row.caseId === null) throw new Error("the import was refused");
  return row.caseId;
}
