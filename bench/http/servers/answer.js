// @ts-check
/** What every server answers, so that they do the same work. */
export const body = 'Hello, world!\n';
export const contentType = 'text/plain; charset=utf-8';

/** Whether the handler has to await once before it answers. */
export const isAsync = process.env.ASYNC === '1';

/**
 * Tells the harness where the server listens.
 *
 * @param {number} port
 */
export function announce(port) {
  const { gc } = globalThis;
  if (gc !== undefined) {
    process.on('SIGUSR2', () => {
      gc();
      process.stdout.write('collected\n');
    });
  }
  process.stdout.write(`listening ${String(port)}\n`);
}

/**
 * The port of a server that listens over TCP.
 *
 * @param {unknown} address
 */
export function portOf(address) {
  return /** @type {{ port: number }} */ (address).port;
}
