// @ts-check
/** The procedures, and how calls are kept in flight where each has a promise. */

export const text = 'sixty bytes of text, of which none needs an escape in JSON..';

export const api = {
  /** @type {(a: number, b: number) => number} */
  add: (a, b) => a + b,
  /** @type {(text: string) => string} */
  echo: (text) => text,
};

/**
 * @typedef {object} Calls
 * @property {() => PromiseLike<unknown>} add  of 1 and 2
 * @property {(text: string) => PromiseLike<unknown>} echo
 */

/**
 * @param {Calls} calls
 * @returns {import('./index.js').Load}
 */
export function promised(calls) {
  return {
    async drive(name, inFlight, seconds) {
      const call = name === 'add' ? () => calls.add() : () => calls.echo(text);
      const expected = name === 'add' ? 3 : text;
      let count = 0;
      let isOver = false;
      setTimeout(() => (isOver = true), seconds * 1000);
      await Promise.all(
        Array.from({ length: inFlight }, async () => {
          while (!isOver) {
            const result = await call();
            if (result !== expected) throw new Error(`${name} gave ${String(result)}`);
            count++;
          }
        }),
      );
      return count;
    },
  };
}
