import { SocketUsageError } from '../errors.ts';
import { randomInteger, seededRandom } from './seeded-random.ts';

export interface DatagramFaultOptions {
  /** Where the faults come from: the same seed and the same packets make the same faults. Print it where a test fails. */
  readonly seed: number;
  /** How likely a packet is lost, from 0 to 1. Default 0. */
  readonly loss?: number;
  /** How likely a packet arrives twice, from 0 to 1. Default 0. */
  readonly duplication?: number;
  /** How likely a packet, or a copy of one, is held back until later ones have passed it, from 0 to 1. Default 0. */
  readonly reordering?: number;
  /** How many later ones pass at most. Default 3. */
  readonly maxPassedBy?: number;
  /**
   * How long a packet is under way, in turns of the event loop, or in milliseconds where there is a `clock`: a number, or at random between
   * two, which reorders, too. Default 0: the next turn.
   */
  readonly delay?: number | { readonly min: number; readonly max: number };
}

/** What becomes of one copy of a packet. */
export interface CopyFate {
  /** How many later copies are sent before this one leaves. */
  readonly passedBy: number;
  readonly delay: number;
}

/** What the faults of one direction have done so far. */
export interface DatagramFaultCounts {
  sent: number;
  lost: number;
  duplicated: number;
  /** Copies held back. */
  heldBack: number;
}

/**
 * Decides what becomes of the packets of one direction. The nth packet draws the same random numbers whatever the options are, so that with
 * more loss the packets that were lost before still are.
 */
export class DatagramFaults {
  readonly counts: DatagramFaultCounts = { sent: 0, lost: 0, duplicated: 0, heldBack: 0 };
  readonly #random: () => number;
  readonly #loss: number;
  readonly #duplication: number;
  readonly #reordering: number;
  readonly #maxPassedBy: number;
  readonly #delay: { readonly min: number; readonly max: number };

  /** @throws SocketUsageError `BAD_ARGUMENT` for what is no probability, no count or no delay. */
  constructor(options: DatagramFaultOptions, direction: number) {
    const { seed, loss = 0, duplication = 0, reordering = 0, maxPassedBy = 3, delay = 0 } = options;
    for (const [name, value] of Object.entries({ loss, duplication, reordering })) {
      requireOf(name, value, 'from 0 to 1', value >= 0 && value <= 1);
    }
    requireOf('maxPassedBy', maxPassedBy, '1 or more', Number.isInteger(maxPassedBy) && maxPassedBy >= 1);
    this.#delay = typeof delay === 'number' ? { min: delay, max: delay } : delay;
    const { min, max } = this.#delay;
    requireOf('delay', min, 'a whole number of 0 or more', Number.isInteger(min) && min >= 0);
    requireOf('delay', max, 'a whole number from its min on', Number.isInteger(max) && max >= min);
    this.#loss = loss;
    this.#duplication = duplication;
    this.#reordering = reordering;
    this.#maxPassedBy = maxPassedBy;
    // Neighbouring seeds of neighbouring directions must not be the same: the golden ratio of 32 bits sets them apart.
    this.#random = seededRandom(seed ^ Math.imul(direction, 0x9e3779b9));
  }

  /** The copies of the next packet that go on: none, one or two. */
  next(): readonly CopyFate[] {
    const isLost = this.#random() < this.#loss;
    const isTwice = this.#random() < this.#duplication;
    const copies = [this.#drawCopy(), this.#drawCopy()].slice(0, isLost ? 0 : isTwice ? 2 : 1);
    this.counts.sent++;
    if (isLost) this.counts.lost++;
    else if (isTwice) this.counts.duplicated++;
    this.counts.heldBack += copies.filter(({ passedBy }) => passedBy > 0).length;
    return copies;
  }

  #drawCopy(): CopyFate {
    const isHeldBack = this.#random() < this.#reordering;
    const passedBy = randomInteger(this.#random, 1, this.#maxPassedBy);
    const delay = randomInteger(this.#random, this.#delay.min, this.#delay.max);
    return { passedBy: isHeldBack ? passedBy : 0, delay };
  }
}

function requireOf(name: string, value: number, expected: string, isValid: boolean): void {
  if (!isValid)
    throw new SocketUsageError('BAD_ARGUMENT', `${name} is ${String(value)}, expected ${expected}`);
}
