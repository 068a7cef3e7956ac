import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DemoProcess } from '../support/demo.ts';
import { isInstalled, output } from '../support/program.ts';

describe.skipIf(!isInstalled('python3'))("Python's standard library", () => {
  let demo: DemoProcess;

  beforeAll(async () => {
    demo = await DemoProcess.start();
  });

  afterAll(async () => {
    await demo.stop();
  });

  test('http.client keeps one connection through everything', async () => {
    expect(await python('http_client.py', ...demo.port('http'))).toBe('ok\n');
  });

  test('urllib posts the form, and finds what it posted', async () => {
    expect(await python('urllib_form.py', `${demo.site}/`)).toBe('ok\n');
  });

  test('a socket hears its echo over TCP', async () => {
    expect(await python('echo.py', ...demo.port('echo'))).toBe('ok\n');
  });

  test('a socket hears its echo behind a path', async () => {
    expect(await python('echo.py', demo.path('unix'))).toBe('ok\n');
  });

  test('a datagram socket is told the time', async () => {
    expect(await python('udp_time.py', ...demo.port('time'))).toBe('ok\n');
  });

  test("seed 004's client gets its items however they are sent", async () => {
    expect(await python('comma_items.py', ...demo.port('items'))).toBe('ok\n');
  });
});

function python(file: string, ...args: string[]): Promise<string> {
  return output('python3', ['-I', fileURLToPath(new URL(`../python/${file}`, import.meta.url)), ...args]);
}
