// What we use of dcmjs, which comes without types.
declare module "dcmjs" {
  interface Dataset { [tag: string]: unknown }
  const dcmjs: {
    data: {
      DicomDict: new (meta: Dataset) => { dict: Dataset; write(): ArrayBuffer };
      DicomMetaDictionary: { denaturalizeDataset(dataset: Record<string, unknown>): Dataset };
      Colors: { dicomlab2RGB(lab: readonly number[]): [number, number, number] };
    };
  };
  export default dcmjs;
}
