/** A filter is not one that this code knows, or the profile lacks what it asks for. */
export class FilterError extends Error {
  override readonly name = "FilterError";
}
