/** How the motif is turned and scaled in each window, where that was asked for, with one standard deviation. */
export interface Turn {
  /** (n) degrees, from the row axis towards the column axis: counter-clockwise as seen. */
  readonly angle?: Float64Array;
  /** (n) degrees. */
  readonly angleSd?: Float64Array;
  /** (n) size as a ratio to the template's. */
  readonly scale?: Float64Array;
  /** (n) one standard deviation of the scale. */
  readonly scaleSd?: Float64Array;
}

/** Where windows were cut, where the motif sits in each, and how it looks. Pixels of the input image, (row, column). */
export interface Windows extends Turn {
  /** Number of windows, n. */
  readonly count: number;
  /** Number of latents, L. */
  readonly latentDim: number;
  /** (n, 2) centres of the windows. */
  readonly centre: Float64Array;
  /** (n, 2) shift of the motif from the centre; its position is centre + shift. */
  readonly shift: Float64Array;
  /** (n, 2) one standard deviation of the shift. */
  readonly shiftSd: Float64Array;
  /** (n, L) posterior mean of the content. */
  readonly z: Float64Array;
  /** (n, L) posterior standard deviation of the content. */
  readonly zSd: Float64Array;
  /** (n, 2L + L(L − 1)/2) posterior covariances of each latent: with the shift along rows and columns (pixels), with the latents before it. */
  readonly covariance?: Float64Array;
}

/** The motifs found: windows that agree, merged. Pixels of the input image, (row, column). */
export interface Motifs extends Turn {
  /** Number of windows, n. */
  readonly count: number;
  /** Number of latents, L. */
  readonly latentDim: number;
  /** (n, 2) */
  readonly position: Float64Array;
  /** (n, 2) one standard deviation of the position. */
  readonly positionSd: Float64Array;
  /** (n, L) */
  readonly z: Float64Array;
  /** (n, L) posterior standard deviation of the content. */
  readonly zSd: Float64Array;
  /** As of `Windows`. */
  readonly covariance?: Float64Array;
  /** (n) how many windows agreed. */
  readonly windows: Int32Array;
}

/** Dense maps of the latents over the image. */
export interface LatentMaps {
  /** Image coordinates of the map's rows and columns, in pixels of the input image. */
  readonly rowAxis: Float64Array;
  /** Columns of the map, pixels of the input image. */
  readonly colAxis: Float64Array;
  /** One map a latent, row-major (rowAxis.length, colAxis.length); NaN where no motif is near. */
  readonly z: readonly Float32Array[];
}

/** A picture in numbers, row-major. */
export interface Grid {
  /** Rows. */
  readonly rows: number;
  /** Columns. */
  readonly cols: number;
  /** Row-major (rows, cols). */
  readonly data: Float32Array;
}

/** Decoded motifs over a grid of latents: tile (i, j) is the decoder at z = (axis1[i], axis2[j]) (one row where L = 1). */
export interface Manifold {
  /** Values of the first latent. */
  readonly axis1: Float64Array;
  /** Values of the second latent. */
  readonly axis2: Float64Array;
  /** One Grid a tile, row-major over (axis1, axis2). */
  readonly tiles: readonly Grid[];
}

/** The lattice of the motif positions. Vectors as (row, column) in pixels. */
export interface Lattice {
  /** First vector. */
  readonly a: readonly [number, number];
  /** Second vector. */
  readonly b: readonly [number, number];
  /** Lengths in pixels, angle in degrees. */
  readonly lengthA: number;
  /** Length of b, pixels. */
  readonly lengthB: number;
  /** Between a and b, degrees. */
  readonly angle: number;
  /** Share of the lattice sites inside the image that hold a motif. */
  readonly coverage: number;
  /**
   * Motifs over sites inside the image: 1 where the cell has one motif; more where variants share only a lattice of larger cells, or motifs are
   * found twice.
   */
  readonly motifsPerCell: number;
  /** Rms distance of motifs from their sites, pixels. */
  readonly residual: number;
}

/** One entry of the training history. Per window, nats. */
export interface HistoryEntry {
  /** Training step. */
  readonly step: number;
  /** ELBO, nats a window. */
  readonly elbo: number;
  /** Negative log-likelihood, nats a window. */
  readonly reconstruction: number;
  /** KL divergence, nats a window. */
  readonly kl: number;
  /** Noise, as a share of the normalised image's standard deviation. */
  readonly sigma: number;
}

/** How well a model fits, and what it cost. */
export interface Metrics {
  /** Per window, in nats; the ELBO is −(reconstruction + β·KL). Absent for an encoding, which evaluates no likelihood. */
  readonly elbo?: number;
  /** Negative log-likelihood, nats a window. */
  readonly reconstruction?: number;
  /** KL divergence, nats a window. */
  readonly kl: number;
  /** KL divergence of each latent, nats a window. */
  readonly klPerLatent: readonly number[];
  /** What conditions on neighbouring motifs added to the loss at last, where there were any. */
  readonly penalty?: number;
  /** Noise, as a share of the normalised image's standard deviation. */
  readonly sigma: number;
  /** Wall time of each stage in seconds: read, normalise, align, train, priors (of content, and how noise depends on signal), encode, motifs, gauge, figures; those that there are. */
  readonly seconds: Readonly<Record<string, number>>;
  /** Empty for an encoding. */
  readonly history: readonly HistoryEntry[];
}

/** Side of a pixel along a row. */
export interface PixelSize {
  /** Side, in `unit`. */
  readonly value: number;
  /** "nm" where the file says a length. */
  readonly unit: string;
  /** Along a column, where it differs. */
  readonly rowValue?: number;
}

/** The lattice of the motifs against that of a material. */
export interface ScaleCheck {
  /** Name of the material. */
  readonly material: string;
  /** Where its constants come from. */
  readonly source: string;
  /** What of it is seen: "[001]" along a zone axis, "(111)" of a surface. */
  readonly face: string;
  /** The motif's cell in unit cells: "1 × 1 cell", "√3 × √3 cell", "cell of 2 unit cells". */
  readonly cell: string;
  /** Measured over true length, and its standard deviation; absent where the image has no scale. */
  readonly factor?: number;
  /** One standard deviation of the factor. */
  readonly factorSd?: number;
  /** Largest stretch over least, of the measured lattice against the true one. */
  readonly distortion: number;
  /** Pixel size with which the lattice would fit, nm, and its standard deviation. */
  readonly impliedPixelSize: number;
  /** One standard deviation of the implied pixel size, nm. */
  readonly impliedPixelSizeSd: number;
  /** What does not fit. */
  readonly warning?: string;
  /** What the comparison rests on, where the motif is not one unit cell. */
  readonly note?: string;
}

/** What a picture or report of a fit is made from. */
export interface FitReport {
  /** For headings. */
  readonly title: string;
  /** The image as given, one channel. */
  readonly image: Grid;
  /** Size of a pixel and its unit, where known. */
  readonly pixelSize?: PixelSize;
  /** Side of a window, pixels of the input image. */
  readonly windowSize: number;
  /** The windows that were encoded. */
  readonly windows: Windows;
  /** The motifs found. */
  readonly motifs: Motifs;
  /** Latents over the image. */
  readonly maps: LatentMaps;
  /** Decoder at z = 0, in pixels of the (binned) image; `binning` input pixels a template pixel. */
  readonly template: Grid;
  /** Input pixels a pixel of the binned image, along each side. */
  readonly binning: number;
  /** Decoded motifs over the first two latents. */
  readonly manifold: Manifold;
  /** The lattice of the motifs, where there is one. */
  readonly lattice?: Lattice;
  /** Where rotation is on: order of the motif's rotation axis. Angles are known modulo 360°/symmetry, and lie in ±180°/symmetry. */
  readonly symmetry?: number;
  /** Where a material was named. */
  readonly scaleCheck?: ScaleCheck;
  /** How well it fits, and how long it took. */
  readonly metrics: Metrics;
  /** Full configuration, as in result.json. */
  readonly config: Readonly<Record<string, unknown>>;
  /** shift-vae, Node, Wasm variant, threads. */
  readonly versions: Readonly<Record<string, string | number>>;
}
