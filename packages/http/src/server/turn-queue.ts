import { hold, type RequestReader } from './request-reader.ts';

/** Connections that go on in one turn of the event loop. Each answers up to 32 requests then: together less than half a millisecond. */
const readersPerTurn = 4;

/**
 * Connections that have had their turn and have more to be read. They go on in their order, a few in each turn of the event loop, so that fifty which flood the
 * server hold up nobody who asks for one thing: with all of them in each turn the median of others was 25 ms.
 */
export class TurnQueue {
  readonly #waiting: RequestReader[] = [];
  #isDue = false;

  /** The reader is held, and released when its turn comes. */
  wait(reader: RequestReader): void {
    reader.hold(hold.TURN);
    this.#waiting.push(reader);
    this.#goOn();
  }

  #goOn(): void {
    if (this.#isDue || this.#waiting.length === 0) return;
    this.#isDue = true;
    setImmediate(() => {
      this.#isDue = false;
      for (const reader of this.#waiting.splice(0, readersPerTurn)) reader.release(hold.TURN);
      this.#goOn();
    });
  }
}
