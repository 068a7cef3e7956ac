import { connect, SocketError } from '../../src/index.ts';

/** Connects over TLS in a process that has not loaded TLS yet, and says what came of it. */
await connect(process.argv[2] ?? '').catch((error: unknown) => {
  process.stdout.write(error instanceof SocketError ? error.code : String(error));
});
