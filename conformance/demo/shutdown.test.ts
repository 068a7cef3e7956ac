import { existsSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { DemoProcess } from '../support/demo.ts';
import { isInstalled, Program, run } from '../support/program.ts';

describe.skipIf(!isInstalled('curl'))('a signal', () => {
  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    '%s lets the response in work complete, and nothing new begin',
    async (signal) => {
      const demo = await DemoProcess.start();
      const paths = [demo.path('unix'), demo.path('proxy')];
      expect(paths.map((path) => existsSync(path))).toEqual([true, true]);
      const streaming = stream(demo);
      await streaming.says(/part 2 of 10/);

      demo.program.signal(signal);
      await demo.program.says(/^draining$/m);
      expect((await run('curl', ['--disable', '--silent', `${demo.site}/hello`])).code).toBe(couldNotConnect);

      const { code, stdout } = await streaming.ended();
      expect(code).toBe(0);
      expect(stdout).toContain('part 10 of 10');
      expect(stdout).toMatch(/<\/html>\s*$/);
      expect(await demo.program.ended()).toMatchObject({ code: 0, stderr: '' });
      expect(paths.map((path) => existsSync(path))).toEqual([false, false]);
    },
  );

  test('waits for no idle connection', async () => {
    const demo = await DemoProcess.start();
    const [host, port] = demo.port('http');
    const idle = await connected(host, Number(port));
    const used = await connected(host, Number(port));
    used.write('GET /hello HTTP/1.1\r\nHost: x\r\n\r\n');
    await ofEvent(used, 'data');
    await demo.stop();
    expect(demo.program.stdout).toContain('draining');
    idle.destroy();
    used.destroy();
  });

  test('a second time ends what is in work', async () => {
    const demo = await DemoProcess.start();
    const streaming = stream(demo);
    await streaming.says(/part 1 of 10/);
    demo.program.signal('SIGINT');
    await demo.program.says(/^draining$/m);
    demo.program.signal('SIGINT');
    expect(await demo.program.ended()).toMatchObject({ code: 1, stderr: '' });
    const { code, stdout } = await streaming.ended();
    expect(code).not.toBe(0);
    expect(stdout).not.toContain('part 10 of 10');
  });
});

const couldNotConnect = 7;

function stream(demo: DemoProcess): Program {
  return new Program('curl', [
    '--disable',
    '--silent',
    '--no-buffer',
    '--max-time',
    '30',
    `${demo.site}/stream`,
  ]);
}

async function connected(host: string, port: number): Promise<Socket> {
  const socket = connect(port, host).on('error', () => undefined);
  await ofEvent(socket, 'connect');
  return socket;
}

function ofEvent(socket: Socket, event: string): Promise<unknown> {
  return new Promise((resolve) => socket.once(event, resolve));
}
