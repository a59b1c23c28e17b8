// Functions defined in a notebook's cells: their file is the cell's name, `In [5]`.

const CELL = "In [";

export function isCellFile(file: string): boolean {
  return file.startsWith(CELL);
}
