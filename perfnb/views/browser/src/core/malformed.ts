/** The bytes are not a profile that this code can read. */
export class MalformedTables extends Error {
  override readonly name = "MalformedTables";
}
