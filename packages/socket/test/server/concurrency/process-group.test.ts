import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Address } from '../../../src/address.ts';
import type { ByteStream } from '../../../src/byte-stream.ts';
import { connect } from '../../../src/connect.ts';
import type { ListenAddress } from '../../../src/listening/bind-server.ts';
import { ProcessGroup, type ProcessGroupOptions } from '../../../src/server/concurrency/process-group.ts';
import { gone, textUntilEnd, turnsUntil } from '../../scratch.ts';
import { memberModule } from './group-serving.ts';
import { loaderArgv } from './serving.ts';

describe('ProcessGroup', () => {
  test('several processes accept at one address, and tell what they have done', async () => {
    const { group } = await started({ size: 2 });
    const pid = await asked(group.address, 'pid');
    expect(group.members).toMatchObject([{ state: 'ready' }, { state: 'ready' }]);
    expect(group.members.map((member) => member.pid)).toContain(Number(pid));
    expect((await group.stats()).get(Number(pid))).toEqual({ connections: 0, requests: 1, dropped: 0 });
    const one = group.address;
    const { group: other } = await started({});
    expect(other.address).not.toEqual(one);
  });

  test('a restart replaces the processes; what one has under way it finishes', async () => {
    const { group, address } = await started({});
    const client = await connect(address);
    const before = await exchange(client, 'pid');
    const restarted = group.restart();
    await turnsUntil(() => group.members.some(({ state }) => state === 'draining'));
    expect(await asked(address, 'pid')).not.toBe(before);
    expect(await exchange(client, 'pid')).toBe(before);
    await client.close();
    await restarted;
    expect(group.members).toMatchObject([{ state: 'ready' }]);
    expect(group.address).toEqual(address);
  });

  test('where new ones do not begin, a restart rejects with what kept them, and the old ones stay', async () => {
    const { group, address, say } = await started({});
    const before = await asked(address, 'pid');
    for (const [script, error] of [
      ['fail', { name: 'RangeError', message: 'it cannot begin' }],
      ['exit', { name: 'WorkerExitError', exitCode: 4 }],
    ] as const) {
      say(script);
      await expect(group.restart()).rejects.toMatchObject(error);
    }
    await expect(restartThatHangs(group, say)).rejects.toMatchObject({
      name: 'SocketError',
      code: 'TIMED_OUT',
    });
    expect(await asked(address, 'pid')).toBe(before);
    expect(group.members).toHaveLength(1);
    say('');
    await group.restart();
    expect(await asked(address, 'pid')).not.toBe(before);
  });

  test.each([
    ['fail', { name: 'RangeError', message: 'it cannot begin' }],
    ['exit', { name: 'WorkerExitError', exitCode: 4 }],
  ])('where the first one is to %s, so does the start', async (script, error) => {
    await expect(started({ size: 3 }, script)).rejects.toMatchObject(error);
  });

  test('an address that cannot be had is what start() rejects with', async () => {
    const { address } = await started({});
    const taken = started({}, '', `127.0.0.1:${'port' in address ? String(address.port) : ''}`);
    await expect(taken).rejects.toMatchObject({ name: 'SocketError', code: 'IN_USE' });
  });

  test('a process that dies is replaced, at the same address', async () => {
    const { group, address, errors } = await started({ size: 2 });
    const [first] = group.members;
    await asked(address, 'exit');
    await turnsUntil(() => errors.length === 1);
    expect(errors).toMatchObject([{ name: 'WorkerExitError', exitCode: 3 }]);
    await turnsUntil(() => group.members.filter(({ state }) => state === 'ready').length === 2);
    expect(group.members.map(({ pid }) => pid)).not.toEqual([first?.pid, undefined]);
    expect(errors).toHaveLength(1);
  });

  test('more processes, and fewer', async () => {
    const { group } = await started({});
    await group.resize(2);
    expect(group.members).toMatchObject([{ state: 'ready' }, { state: 'ready' }]);
    await group.resize(1);
    await turnsUntil(() => group.members.length === 1);
    await expect(group.resize(0)).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
  });

  test('a drain waits for what is under way, after a time in which it accepts still', async () => {
    const { group, address, log } = await started({});
    const client = await connect(address);
    await exchange(client, 'pid');
    const drained = group.drain({ delayMs: 300 });
    await turnsUntil(() => readFileSync(log, 'utf8') === 'retired\n');
    expect(await asked(address, 'late')).toBe('late');
    expect(await exchange(client, 'still here')).toBe('still here');
    await client.shutdown('write');
    expect(await textUntilEnd(client)).toBe('');
    await drained;
    expect(group.members).toEqual([]);
    await expect(connect(address)).rejects.toMatchObject({ code: 'REFUSED' });
    await expect(group.restart()).rejects.toMatchObject({ code: 'CLOSED' });
  });

  test.each([
    ['at its deadline', (group: ProcessGroup) => group.drain({ timeoutMs: 0 })],
    ['as soon as its signal aborts', (group: ProcessGroup) => abortedDrain(group)],
    ['by close() at once', (group: ProcessGroup) => group.close()],
  ])('what is under way is cut %s', async (_when, end) => {
    const { group, address } = await started({});
    const client = await connect(address);
    await exchange(client, 'pid');
    await end(group);
    await gone(client);
    expect(group.members).toEqual([]);
  });

  test('where the primary is killed, its processes finish what they have, and free the port', async () => {
    const { script, log } = files('');
    const primary = spawn(
      process.execPath,
      [...loaderArgv, fileURLToPath(new URL('./group-primary.ts', import.meta.url)), script, log],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const [line] = (await once(primary.stdout, 'data')) as [Buffer];
    const { address, pids } = JSON.parse(line.toString()) as { address: Address; pids: number[] };
    const client = await connect(address);
    await exchange(client, 'pid');
    primary.kill('SIGKILL');
    await once(primary, 'exit');
    expect(await exchange(client, 'last words')).toBe('last words');
    await client.close();
    await turnsUntil(() => pids.every((pid) => !isAlive(pid)));
    await expect(connect(address)).rejects.toMatchObject({ code: 'REFUSED' });
  });
});

interface Started {
  readonly group: ProcessGroup;
  readonly address: Address;
  readonly errors: unknown[];
  readonly log: string;
  /** What those do that begin from now on. */
  say(script: string): void;
}

async function started(
  options: Partial<ProcessGroupOptions>,
  script = '',
  address: ListenAddress = '127.0.0.1:0',
): Promise<Started> {
  const data = files(script);
  const errors: unknown[] = [];
  const group = new ProcessGroup({
    module: memberModule,
    data,
    size: 1,
    child: { execArgv: loaderArgv },
    onError: (error) => errors.push(error),
    ...options,
  });
  onTestFinished(() => group.close());
  await group.start(address, {});
  const say = (text: string): void => {
    writeFileSync(data.script, text);
  };
  return { group, address: group.address, errors, say, log: data.log };
}

function files(text: string): { readonly script: string; readonly log: string } {
  const directory = mkdtempSync(join(tmpdir(), 'wirestack-group-'));
  onTestFinished(() => {
    rmSync(directory, { recursive: true });
  });
  const [script, log] = [join(directory, 'script'), join(directory, 'log')];
  writeFileSync(script, text);
  writeFileSync(log, '');
  return { script, log };
}

/** What is begun has had its 30 s before it has come far. */
async function restartThatHangs(group: ProcessGroup, say: (script: string) => void): Promise<void> {
  say('hang');
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    const restarted = group.restart();
    await Promise.race([restarted, turnsUntil(() => vi.getTimerCount() === 1)]);
    vi.advanceTimersByTime(29_999);
    expect(group.members).toMatchObject([{ state: 'ready' }, { state: 'starting' }]);
    vi.advanceTimersByTime(1);
    await restarted;
  } finally {
    vi.useRealTimers();
  }
}

async function abortedDrain(group: ProcessGroup): Promise<void> {
  const controller = new AbortController();
  const drained = group.drain({ signal: controller.signal });
  controller.abort();
  await drained;
}

async function exchange(client: ByteStream, text: string): Promise<string> {
  await client.write(text);
  return Buffer.from((await client.read()) ?? []).toString();
}

async function asked(address: Address, text: string): Promise<string> {
  const client = await connect(address);
  await client.write(text);
  await client.shutdown('write');
  const answer = await textUntilEnd(client).catch(() => '');
  await client.close().catch(() => undefined);
  return answer;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
