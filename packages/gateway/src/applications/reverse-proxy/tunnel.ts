import { SocketError, type ByteStream } from '@wirestack/socket';

/**
 * Carries bytes both ways until both sides have finished, each half on its own; resolves then, and rejects where one breaks, or where for `idleTimeoutMs` nothing
 * came from either.
 */
export async function tunnel(client: ByteStream, server: ByteStream, idleTimeoutMs: number): Promise<void> {
  const activity = { at: performance.now() };
  try {
    await Promise.all([
      carry(client, server, activity, idleTimeoutMs),
      carry(server, client, activity, idleTimeoutMs),
    ]);
    await server.close();
  } catch (error) {
    server.abort(error);
    throw error;
  }
}

async function carry(
  from: ByteStream,
  to: ByteStream,
  activity: { at: number },
  timeoutMs: number,
): Promise<void> {
  for (;;) {
    let chunk;
    try {
      chunk = await from.read({ timeoutMs });
    } catch (error) {
      const isQuiet = error instanceof SocketError && error.code === 'TIMED_OUT';
      // The other way something came meanwhile.
      if (isQuiet && performance.now() - activity.at < timeoutMs) continue;
      throw error;
    }
    activity.at = performance.now();
    if (chunk === undefined) break;
    await to.write(chunk, { timeoutMs });
  }
  await to.shutdown('write');
}
