/**
 * Values by ids that count up one by one, mostly taken out again soon, in any order: each has the place of its id's lowest bits in a ring,
 * which takes a quarter less of a call's time than a `Map`. A ring that is half full grows; otherwise a value whose place is wanted by the one
 * a whole round later is moved aside. So the ring has at most four times as many places as there were values at a time, and a call that
 * is never answered costs nothing but itself.
 */
export class CallsById<Value extends { readonly id: number }> {
  #ring: (Value | undefined)[] = emptyRing(fewest);
  #mask = fewest - 1;
  /** In the order of their ids, all below those in the ring. */
  readonly #aside = new Map<number, Value>();
  #size = 0;
  #nextId = 1;
  /** No id in the ring is below. */
  #oldest = 1;

  get size(): number {
    return this.#size;
  }

  /** Of the ring. */
  get places(): number {
    return this.#ring.length;
  }

  /** @param value whose id is one above the last that was added */
  add(value: Value): void {
    if (this.#ring[value.id & this.#mask] !== undefined) this.#makeRoom(value.id);
    this.#ring[value.id & this.#mask] = value;
    this.#nextId = value.id + 1;
    this.#size++;
  }

  /** @param id anything: a peer sends what it likes */
  get(id: unknown): Value | undefined {
    if (typeof id !== 'number') return undefined;
    const value = this.#ring[id & this.#mask];
    return value?.id === id ? value : this.#aside.get(id);
  }

  /** Takes it out. */
  take(id: unknown): Value | undefined {
    const value = this.get(id);
    if (value === undefined) return undefined;
    const place = value.id & this.#mask;
    if (this.#ring[place] === value) this.#ring[place] = undefined;
    else this.#aside.delete(value.id);
    this.#size--;
    if (this.#size === 0 && this.#ring.length > mostKept) this.#place(fewest);
    return value;
  }

  /** In the order of their ids. Any may be taken out meanwhile. */
  *values(): Generator<Value, void, undefined> {
    yield* this.#aside.values();
    this.#oldest = Math.max(this.#oldest, this.#nextId - this.#ring.length);
    for (let id = this.#oldest; id < this.#nextId; id++) {
      const value = this.#ring[id & this.#mask];
      if (value?.id === id) yield value;
      else if (id === this.#oldest) this.#oldest++;
    }
  }

  /** For the next id, whose place is taken. */
  #makeRoom(id: number): void {
    if (this.#size - this.#aside.size > this.#ring.length / 2) {
      this.#place(this.#ring.length * 2);
      // What was in the way is half a round behind now.
      return;
    }
    const straggler = this.#ring[id & this.#mask] as Value;
    this.#aside.set(straggler.id, straggler);
  }

  /** A ring of another size. */
  #place(places: number): void {
    const values = this.#ring;
    this.#ring = emptyRing(places);
    this.#mask = places - 1;
    for (const value of values) if (value !== undefined) this.#ring[value.id & this.#mask] = value;
  }
}

function emptyRing<Value>(places: number): (Value | undefined)[] {
  return new Array<Value | undefined>(places).fill(undefined);
}

const fewest = 64;
/** A ring that grew beyond is given back when it is empty. */
const mostKept = 4096;
