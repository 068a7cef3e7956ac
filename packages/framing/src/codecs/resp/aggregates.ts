import { attributesType, mapType, pushType, setType } from './types.ts';
import { RespAttributed, RespMap, RespPush, RespSet, type RespValue } from './values.ts';

/** An aggregate whose elements are still to come. */
export interface Open {
  readonly type: number;
  readonly items: RespValue[];
  /** Elements in all: pairs count twice, and the value behind attributes as one more. Infinity where an end mark ends it. */
  readonly wanted: number;
}

/** The aggregates that are open, from the outermost to the one whose elements come now. */
export class Aggregates {
  /** The innermost, for the decoder's hot path. */
  inner: Open | undefined;
  readonly #outer: Open[] = [];

  get depth(): number {
    return this.inner === undefined ? 0 : 1 + this.#outer.length;
  }

  /** Whether the next value is the frame itself, be it with attributes before it. */
  get atTop(): boolean {
    return this.inner === undefined || [...this.#outer, this.inner].every(awaitsValue);
  }

  open(type: number, wanted: number): void {
    if (this.inner !== undefined) this.#outer.push(this.inner);
    this.inner = { type, items: [], wanted };
  }

  /** Takes the innermost as a value, which may be the last element of the next, and so on. Answers the frame, once it is whole. */
  close(open: Open): RespValue | undefined {
    for (;;) {
      const value = this.take(open);
      const outer = this.inner;
      if (outer === undefined) return value;
      if (outer.items.push(value) < outer.wanted) return undefined;
      open = outer;
    }
  }

  /** The innermost as a value: its end mark was read. */
  take({ type, items }: Open): RespValue {
    this.inner = this.#outer.pop();
    return aggregate(type, items);
  }

  clear(): void {
    this.#outer.length = 0;
    this.inner = undefined;
  }
}

/** The value that has these elements. */
export function aggregate(type: number, items: RespValue[]): RespValue {
  switch (type) {
    case mapType:
      return new RespMap(items);
    case setType:
      return new RespSet(items);
    case pushType:
      return new RespPush(items);
    case attributesType: {
      const value = items.pop() as RespValue;
      return new RespAttributed(new RespMap(items), value);
    }
    default:
      return items;
  }
}

/** Pairs are two; attributes have the value that they are about behind them. */
export function elementsOf(type: number, length: number): number {
  if (type === attributesType) return 2 * length + 1;
  return type === mapType ? 2 * length : length;
}

function awaitsValue({ type, items, wanted }: Open): boolean {
  return type === attributesType && items.length === wanted - 1;
}
