import type { Axis } from "../data/dataset.ts";
import type { FitReport, Grid, Windows } from "./types.ts";

/** Maps over a scan, one value a point of it. */
export interface ScanMaps {
  /** One map a latent. */
  readonly z: readonly Grid[];
  /** Shift along the signal and its standard deviation, px of the signal. */
  readonly shift: Grid;
  /** One standard deviation of the shift, px of the signal. */
  readonly shiftSd: Grid;
  /** Mean of each signal, in the data's unit: the picture of the scan. */
  readonly mean: Grid;
}

/** A fit of 1D signals or stand-alone windows: what its report and files are made from. */
export interface SamplesReport
  extends Pick<FitReport, "title" | "pixelSize" | "template" | "manifold" | "metrics" | "config" | "versions"> {
  /** One window a sample, in their order: its centre is the sample's middle. 1D signals have their shift along the columns. */
  readonly windows: Windows;
  /** Along 1D signals; undefined for stand-alone windows. */
  readonly signal?: Axis;
  /** Rows and columns of the scan, and the maps over it, of a spectral map. */
  readonly scan?: readonly [rows: Axis, cols: Axis];
  /** Maps over the scan, of a spectral map. */
  readonly maps?: ScanMaps;
  /** Column of template and manifold that is over the middle of a sample. */
  readonly middle: number;
  /** Mean and standard deviation of all values: template and manifold are (value − mean)/sd. */
  readonly moments: {
    /** Mean, in the data's unit. */
    readonly mean: number;
    /** Standard deviation, in the data's unit. */
    readonly sd: number;
  };
}

/** What a shift of one px along a signal is in the signal's unit. */
export function shiftUnit({ signal }: Pick<SamplesReport, "signal">): {
  readonly factor: number;
  readonly unit: string;
} {
  if (!signal || signal.unit === "px") return { factor: 1, unit: "px" };
  return { factor: signal.scale, unit: signal.unit };
}
