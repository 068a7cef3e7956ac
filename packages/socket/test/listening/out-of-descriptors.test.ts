import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { childStream, connect, StreamReader, type Address, type SocketStream } from '@wirestack/socket';
import { loaderArgv } from '../server/concurrency/serving.ts';
import { gone } from '../scratch.ts';

const program = fileURLToPath(new URL('./out-of-descriptors-child.ts', import.meta.url));

test('out of descriptors, a server keeps its connections, turns new ones away, and takes them again once it can', async () => {
  const child = spawn(
    'sh',
    ['-c', 'ulimit -n 96; exec "$0" "$@"', process.execPath, ...loaderArgv, program],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  onTestFinished(() => void child.kill('SIGKILL'));
  const control = childStream(child);
  const answers = new StreamReader(control);
  const asks = async (command: string): Promise<unknown> => {
    await control.write(`${command}\n`);
    return JSON.parse((await answers.readLine()) ?? '') as unknown;
  };
  const address = JSON.parse((await answers.readLine()) ?? '') as Address;
  const early = await connect(address);
  expect(await echo(early, 'before')).toBe('before');

  expect(await asks('fill')).toBe('EMFILE');
  expect(await asks('connect')).toBe('TOO_MANY_FILES');
  // Node accepts them and closes them at once: it has a descriptor in reserve for this.
  for (let index = 0; index < 20; index++) await connect(address).then(gone, () => undefined);
  expect(await echo(early, 'meanwhile')).toBe('meanwhile');

  expect(await asks('free')).toBe('freed');
  expect(await asks('connect')).toBe('connected');
  const late = await connect(address);
  expect(await echo(late, 'afterwards')).toBe('afterwards');
  expect(await echo(early, 'still')).toBe('still');
  await Promise.all([early.close(), late.close()]);
  await control.shutdown('write');
  await gone(control);
});

async function echo(stream: SocketStream, text: string): Promise<string> {
  await stream.write(text);
  const reader = new StreamReader(stream);
  const bytes = await reader.readExactly(text.length);
  reader.release();
  return new TextDecoder().decode(bytes);
}
