/** What every server answers, so that they do the same work. */
export const body = 'Hello, world!\n';
export const contentType = 'text/plain; charset=utf-8';

/** Tells the harness where the server listens. */
export function announce(port) {
  process.stdout.write(`listening ${String(port)}\n`);
}
