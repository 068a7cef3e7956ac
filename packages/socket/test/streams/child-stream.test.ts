import { spawn, type ChildProcess } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { open, readFile, writeFile } from 'node:fs/promises';
import { PassThrough, type Readable, type Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { childStream } from '../../src/streams/child-stream.ts';
import { readAll } from '../../src/streams/stream-reader.ts';
import { scratchPath } from '../scratch.ts';
import { itKeepsTheContract } from './contract.ts';

/** Two `cat`s: standard input leaves by descriptor 4, and what comes in by descriptor 3 is the standard output. */
const relayScript = 'cat <&3 3<&- 4>&- & exec cat >&4 3<&- 4>&-';

itKeepsTheContract('a child process that relays', async () => {
  const child = spawn('sh', ['-c', relayScript], { stdio: ['pipe', 'pipe', 'inherit', 'pipe', 'pipe'] });
  const { pid } = child;
  const [, , , stdin, stdout] = child.stdio as [null, null, null, Writable, Readable];
  const a = childStream(child);
  const b = childStream(
    { stdin, stdout, pid, once: child.once.bind(child) },
    { localAddress: a.remoteAddress, remoteAddress: a.localAddress },
  );
  return { a, b, close: () => end(child) };
});

describe('childStream', () => {
  test('reads everything that a child wrote before it exited', async () => {
    const stream = childStream(
      started(`process.stdout.write(Buffer.alloc(3_000_000, 'x'), () => process.exit(3))`),
    );
    const all = await readAll(stream, 3_000_000);
    expect(all.length).toBe(3_000_000);
    expect(all.every((byte) => byte === 0x78)).toBe(true);
  });

  test('keeps what a child wrote for a reader who comes after its exit, and who pauses', async () => {
    const child = started(`process.stdout.write(Buffer.alloc(100_000, 'x'), () => process.exit())`);
    const stream = childStream(child);
    const [first] = [await stream.read()];
    await once(child, 'exit');
    await new Promise<void>((resolve) => setImmediate(resolve));
    let got = first?.length ?? 0;
    for await (const chunk of stream) got += chunk.length;
    expect(got).toBe(100_000);
  });

  test('reads what a child wrote where node closes its input first, as it does from 24 on', async () => {
    const [stdin, stdout] = [new PassThrough(), new PassThrough()];
    const child = Object.assign(new EventEmitter(), { stdin, stdout, pid: 1 });
    const stream = childStream(child as unknown as ChildProcess);
    stdout.end('said before the exit');
    const over = once(stdin, 'close');
    stdin.destroy();
    await over;
    expect(new TextDecoder().decode(await readAll(stream, 100))).toBe('said before the exit');
    await expect(stream.closed).rejects.toMatchObject({ name: 'SocketError', code: 'PEER_CLOSED' });
  });

  test('ends a filter by half-close, and takes its answer', async () => {
    const child = started(`
      const chunks = [];
      process.stdin.on('data', (chunk) => chunks.push(chunk));
      process.stdin.on('end', () => process.stdout.write(Buffer.concat(chunks).reverse()));
    `);
    const stream = childStream(child);
    await stream.write('drawer');
    await stream.shutdown('write');
    expect(new TextDecoder().decode(await readAll(stream, 100))).toBe('reward');
    await stream.closed;
  });

  test('a child that goes without reading fails the writer', async () => {
    const stream = childStream(started('process.exit()'));
    await expect(stream.write(new Uint8Array(4_000_000))).rejects.toMatchObject({ name: 'SocketError' });
    await expect(stream.closed).rejects.toMatchObject({ name: 'SocketError' });
  });

  test('a program that is not there fails the stream with NOT_FOUND', async () => {
    const child = spawn('/nonexistent/program', { stdio: ['pipe', 'pipe', 'inherit'] });
    const stream = childStream(child);
    await expect(stream.read()).rejects.toMatchObject({ name: 'SocketError', code: 'NOT_FOUND' });
    await expect(stream.closed).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('refuses a child without pipes with BAD_ARGUMENT', async () => {
    const child = spawn(process.execPath, ['-e', ''], { stdio: ['ignore', 'pipe', 'inherit'] });
    onTestFinished(() => end(child));
    expect(() => childStream(child)).toThrow(expect.objectContaining({ code: 'BAD_ARGUMENT' }));
  });
});

describe('stdioStream', () => {
  const loader = new URL('../server/concurrency/loader/register.js', import.meta.url);
  const program = fileURLToPath(new URL('./stdio-child.ts', import.meta.url));

  test('talks through standard input and output, and both ends are told', async () => {
    const child = spawn(process.execPath, ['--import', loader.href, program]);
    onTestFinished(() => end(child));
    const said = text(child.stderr);
    const stream = childStream(child);
    await stream.write('drawer');
    expect(new TextDecoder().decode(await stream.read())).toBe('reward');
    await stream.shutdown('write');
    expect(new TextDecoder().decode(await readAll(stream, 100))).toBe('bye');
    await stream.closed;
    expect(await said).toBe('closed');
  });

  test('reads a file and writes a file where those are redirected', async () => {
    const [from, to] = [scratchPath('in'), scratchPath('out')];
    await writeFile(from, 'drawer');
    const [input, output] = await Promise.all([open(from, 'r'), open(to, 'w')]);
    const child = spawn(process.execPath, ['--import', loader.href, program], {
      stdio: [input.fd, output.fd, 'inherit'],
    });
    onTestFinished(() => end(child));
    await once(child, 'exit');
    await Promise.all([input.close(), output.close()]);
    expect(await readFile(to, 'utf8')).toBe('rewardbye');
  });
});

function started(script: string): ChildProcess {
  const child = spawn(process.execPath, ['-e', script], { stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(() => end(child));
  return child;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}
