/** The parts of the compiled HDF5 library (h5wasm) that reading needs. */
export interface Hdf5Module {
  readonly HEAPU8: Uint8Array;
  _malloc(bytes: number): number;
  _free(address: number): void;
  UTF8ToString(address: number): string;
  open(path: string, mode: number, trackOrder: boolean, libverLow: number, libverHigh: number): bigint;
  close_file(file: bigint): number;
  get_type(file: bigint, path: string): number;
  get_names(file: bigint, path: string, recursive: boolean): string[];
  get_attribute_names(file: bigint, path: string): string[];
  get_attribute_metadata(file: bigint, path: string, name: string): Hdf5Type;
  get_attribute_data(file: bigint, path: string, name: string, address: bigint): number;
  get_dataset_metadata(file: bigint, path: string): Hdf5Type;
  get_dataset_filters(file: bigint, path: string): { readonly id: number; readonly name: string }[];
  get_dataset_data(
    file: bigint,
    path: string,
    count: bigint[] | null,
    offset: bigint[] | null,
    strides: bigint[] | null,
    address: bigint,
  ): number;
  reclaim_vlen_memory(file: bigint, path: string, attribute: string, address: bigint): number;
  get_referenced_name(file: bigint, reference: Uint8Array, isObject: boolean): string | null;
}

/** Element type and extent of a dataset or attribute. */
export interface Hdf5Type {
  /** Class of the type: a value of `Hdf5Class`. */
  readonly type: number;
  readonly size: number;
  readonly signed: boolean;
  readonly littleEndian: boolean;
  readonly vlen: boolean;
  /** null for an object without data. */
  readonly shape: number[] | null;
  readonly total_size: number;
  readonly cset?: number;
  readonly chunks: number[] | null;
  readonly compound_type?: { readonly members: readonly (Hdf5Type & { readonly name: string; offset: number })[] };
  readonly vlen_type?: Hdf5Type;
  readonly virtual_sources?: readonly unknown[];
}

/** H5T_class_t of the HDF5 library. */
export const Hdf5Class = {
  integer: 0,
  float: 1,
  string: 3,
  compound: 6,
  reference: 7,
  enumeration: 8,
  vlen: 9,
} as const;
