/** Every error that a user can cause. The message names the thing, what was expected, and what came. */
export class ShiftVaeError extends Error {
  /** Name of the class, for messages. */
  override name = "ShiftVaeError";
}

/** An array or image has the wrong shape or size. */
export class ShapeError extends ShiftVaeError {
  /** Name of the class, for messages. */
  override name = "ShapeError";
}

/** A file is not what its format promises: truncated, wrong magic, lying sizes, unsupported variant. */
export class FormatError extends ShiftVaeError {
  /** Name of the class, for messages. */
  override name = "FormatError";
}

/** An option is out of range or contradicts another. */
export class ConfigError extends ShiftVaeError {
  /** Name of the class, for messages. */
  override name = "ConfigError";
}

/** The numbers themselves stand in the way: NaN or infinite pixels, a constant image, a diverging fit. */
export class NumericsError extends ShiftVaeError {
  /** Name of the class, for messages. */
  override name = "NumericsError";
}
