import { closeSync, openSync } from 'node:fs';
import { connect, serve, SocketError, StreamReader } from '../../src/index.ts';
import { stdioStream } from '../../src/streams/child-stream.ts';

/** An echo server that is told to open files until there is no descriptor left, to connect somewhere, and to close the files. */
const server = await serve('tcp://127.0.0.1:0', async (stream) => {
  for await (const chunk of stream) await stream.write(chunk);
});
const parent = stdioStream();
const say = (what: unknown): Promise<void> => parent.write(`${JSON.stringify(what)}\n`);
await say(server.address);

const files: number[] = [];
for await (const command of new StreamReader(parent).lines()) {
  if (command === 'fill') await say(fill());
  else if (command === 'connect') await say(await connecting());
  else for (const file of files.splice(0)) closeSync(file);
  if (command === 'free') await say('freed');
}
await server.drain({ timeoutMs: 0 });

function fill(): unknown {
  try {
    for (;;) files.push(openSync('/dev/null', 'r'));
  } catch (error) {
    return (error as NodeJS.ErrnoException).code;
  }
}

function connecting(): Promise<unknown> {
  return connect(server.address).then(
    (stream) => {
      stream.abort();
      return 'connected';
    },
    (error: unknown) => (error instanceof SocketError ? error.code : String(error)),
  );
}
