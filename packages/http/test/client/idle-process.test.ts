import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { authorityPath, serverPem } from '../server/certificates.ts';
import { joinTo } from './support/join-to.ts';
import { ok, ScriptedServer } from './support/scripted-server.ts';

const loader = new URL('../../../socket/test/server/concurrency/loader/register.js', import.meta.url).href;
const program = fileURLToPath(new URL('./support/short-program.ts', import.meta.url));

/** Runs a program that asks, and ends by itself; what it printed. */
function run(...args: string[]): Promise<string> {
  return start(() => undefined, ...args);
}

/** @param told called with what it has printed so far */
async function start(told: (said: string) => void, ...args: string[]): Promise<string> {
  const child = spawn(
    process.execPath,
    ['--conditions', '@wirestack/source', '--import', loader, program, ...args],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NODE_EXTRA_CA_CERTS: authorityPath },
    },
  );
  onTestFinished(() => void child.kill('SIGKILL'));
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => told((said += chunk.toString())));
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const code = await new Promise((resolve) => child.once('close', resolve));
  return `${said}${String(code)}`;
}

it('idle connections keep no process alive', async () => {
  const server = await ScriptedServer.answering(({ target }) => ok(target));
  expect(await run('idle', server.url)).toBe('/a /b 0');
});

it('idle connections over TLS keep none, either', async () => {
  const server = await ScriptedServer.answering(({ target }) => ok(target), { tls: serverPem });
  expect(await run('idle', server.url)).toBe('/a /b 0');
});

it('idle tunnels keep none, either', async () => {
  const origin = await ScriptedServer.answering(({ target }) => ok(target), { tls: serverPem });
  const proxy = await ScriptedServer.start();
  const ended = run('idle', origin.url, proxy.url);
  const peer = await proxy.accept();
  await peer.head();
  joinTo(peer, origin);
  peer.send('HTTP/1.1 200 OK\r\n\r\n');
  expect(await ended).toBe('/a /b 0');
});

it('a request under way keeps it alive, also over a connection that nobody has used', async () => {
  const server = await ScriptedServer.start();
  let isAlive: () => void = () => undefined;
  const alive = new Promise<void>((resolve) => {
    isAlive = resolve;
  });
  const told = (said: string): void => {
    if (said.includes('alive')) isAlive();
  };
  const ended = start(told, 'unused', server.url);
  const peer = await server.accept();
  const { target } = await peer.request();
  // If nothing held it, it would have ended before it could say so.
  expect(await Promise.race([alive, ended])).toBeUndefined();
  peer.send(ok(target));
  expect(await ended).toBe('BAD_REQUEST alive /used 0');
});
