// @ts-check
// What was opened and has ended, on both sides; what failed, and how.
import { getEventListeners } from 'node:events';
import { SocketError } from '@wirestack/socket';

export class Tally {
  /** Streams by side: `connected` here, `accepted` by a server. */
  opened = { connected: 0, accepted: 0 };
  ended = { connected: 0, accepted: 0 };
  /** How operations ended that did not succeed: `SocketError` codes. */
  codes = /** @type {Record<string, number>} */ ({});
  kinds = /** @type {Record<string, number>} */ ({});
  /** What must not happen: errors of another family, listeners left on a signal. */
  faults = /** @type {string[]} */ ([]);
  /** Clients, handlers and loops that run now, by what they do. */
  running = /** @type {Record<string, number>} */ ({});
  #waiting = /** @type {(() => void)[]} */ ([]);

  get isSettled() {
    const { opened, ended, running } = this;
    const isIdle = Object.keys(running).length === 0;
    return isIdle && opened.connected === ended.connected && opened.accepted === ended.accepted;
  }

  /**
   * @template {import('@wirestack/socket').SocketStream} Stream
   * @param {Stream} stream
   * @param {'connected' | 'accepted'} side
   */
  track(stream, side) {
    this.opened[side]++;
    const over = () => {
      this.ended[side]++;
      this.#wake();
    };
    stream.closed.then(over, (error) => {
      this.failed(error);
      over();
    });
    return stream;
  }

  /**
   * Work whose failure is expected, and counted.
   * @param {string} what
   * @param {() => Promise<unknown>} work
   */
  async run(what, work) {
    await this.during(what, work).catch((error) => this.failed(error));
  }

  /**
   * @template Result
   * @param {string} what
   * @param {() => Promise<Result>} work
   */
  async during(what, work) {
    const { running } = this;
    running[what] = (running[what] ?? 0) + 1;
    try {
      return await work();
    } finally {
      if (--running[what] === 0) delete running[what];
      this.#wake();
    }
  }

  /** @param {unknown} error */
  failed(error) {
    if (error instanceof SocketError) this.codes[error.code] = (this.codes[error.code] ?? 0) + 1;
    else this.fault(error instanceof Error ? (error.stack ?? error.message) : String(error));
  }

  /** @param {string} what */
  fault(what) {
    if (this.faults.length < 20 && !this.faults.includes(what)) this.faults.push(what);
  }

  /**
   * @param {AbortSignal} signal
   * @param {string} whose
   */
  isReleased(signal, whose) {
    const left = getEventListeners(signal, 'abort').length;
    if (left > 0) this.fault(`${whose}: ${String(left)} listeners left on its signal`);
  }

  /** Once everything that was opened has ended, on both sides. */
  async settled() {
    while (!this.isSettled)
      await new Promise((/** @type {(value?: undefined) => void} */ resolve) => this.#waiting.push(resolve));
  }

  #wake() {
    if (this.isSettled) for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
