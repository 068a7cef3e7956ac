import type { ScalarType } from './scalar-types.ts';
import type { Scanner } from './scanner.ts';

/** A member, or the element of an array: after each of its types, what followed. */
export interface Place {
  repeats: Repeat | undefined;
}

/** Markup between two texts that was read before; the document still has it. */
export interface Repeat {
  readonly at: number;
  readonly length: number;
  /** The type of the scalar in front of it. */
  readonly from: ScalarType;
  /** What comes behind it. */
  readonly place: Place;
  readonly type: ScalarType;
  /** Others that were met at the same place. */
  readonly others: Repeat | undefined;
}

/** A scalar whose text was read. */
export interface Met {
  readonly place: Place;
  readonly type: ScalarType;
  /** Of its end tag. */
  readonly at: number;
  /** {@link Scanner.overwritten} then. */
  readonly overwritten: number;
}

/** So many ways to go on are remembered: a member that is an int or a double by turns has some. */
const mostRepeats = 4;

/** What stands between a scalar's text and the next one's, which begins where the scanner is. */
export function remember(last: Met, scanner: Scanner, place: Place, type: ScalarType): void {
  // A name with references: its bytes are not those of the document any more.
  if (scanner.overwritten !== last.overwritten) return;
  let count = 0;
  for (let other = last.place.repeats; other !== undefined; other = other.others) count++;
  if (count === mostRepeats) return;
  const { type: from, at } = last;
  last.place.repeats = { from, at, length: scanner.position - at, place, type, others: last.place.repeats };
}
