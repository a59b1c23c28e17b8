// A hash table from a pair of small integers to the order in which the pair was first seen.
//
// The fold asks it once per frame of every stack: a Map keyed by a composed number is several
// times slower, and a linked list of children is quadratic under a wide parent.

export class PairMap {
  size = 0;
  private first: Int32Array<ArrayBuffer>;
  private second: Int32Array<ArrayBuffer>;
  private slots: Int32Array<ArrayBuffer>;

  /** Room for about that many pairs; it grows where they are more. */
  constructor(expected = 1024) {
    const capacity = 1 << Math.max(6, Math.ceil(Math.log2(expected + 1)));
    this.first = new Int32Array(capacity);
    this.second = new Int32Array(capacity);
    this.slots = new Int32Array(capacity * 2).fill(-1);
  }

  /** The pair's index; a pair not seen before gets the next one (compare `size` to tell). */
  index(a: number, b: number): number {
    const mask = this.slots.length - 1;
    let slot = hash(a, b) & mask;
    for (let found = this.slots[slot]; found >= 0; found = this.slots[slot]) {
      if (this.first[found] === a && this.second[found] === b) {
        return found;
      }
      slot = (slot + 1) & mask;
    }
    if (this.size === this.first.length) {
      this.grow();
      return this.index(a, b);
    }
    this.slots[slot] = this.size;
    this.first[this.size] = a;
    this.second[this.size] = b;
    return this.size++;
  }

  firsts(): Int32Array {
    return this.first.subarray(0, this.size);
  }

  seconds(): Int32Array {
    return this.second.subarray(0, this.size);
  }

  private grow(): void {
    const capacity = this.first.length * 2;
    this.first = resized(this.first, capacity);
    this.second = resized(this.second, capacity);
    this.slots = new Int32Array(capacity * 2).fill(-1);
    const mask = this.slots.length - 1;
    for (let index = 0; index < this.size; index++) {
      let slot = hash(this.first[index], this.second[index]) & mask;
      while (this.slots[slot] >= 0) {
        slot = (slot + 1) & mask;
      }
      this.slots[slot] = index;
    }
  }
}

function resized(array: Int32Array, capacity: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(capacity);
  larger.set(array);
  return larger;
}

function hash(a: number, b: number): number {
  let h = Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca6b);
  h ^= h >>> 15;
  h = Math.imul(h, 0x2c1b3c6d);
  return (h ^ (h >>> 13)) >>> 0;
}
