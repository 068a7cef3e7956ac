import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DemoProcess } from '../support/demo.ts';
import { isInstalled, output } from '../support/program.ts';

describe.skipIf(!isInstalled('nc'))('nc', () => {
  let demo: DemoProcess;

  beforeAll(async () => {
    demo = await DemoProcess.start();
  });

  afterAll(async () => {
    await demo.stop();
  });

  test('hears itself over TCP', async () => {
    expect(await output('nc', ['-N', ...demo.port('echo')], { input: 'hello\n' })).toBe('hello\n');
  });

  test('hears itself behind a path', async () => {
    expect(await output('nc', ['-N', '-U', demo.path('unix')], { input: 'hello\n' })).toBe('hello\n');
  });

  test('hears megabytes as they were', async () => {
    const input = Buffer.from(Uint8Array.from({ length: 3_000_000 }, (_, i) => (i * 31 + (i >> 8)) % 256));
    expect(await output('nc', ['-N', ...demo.port('echo')], { input })).toBe(input.toString('latin1'));
  });

  test('gets its items back after the greeting', async () => {
    expect(await output('nc', ['-N', ...demo.port('items')], { input: 'one,two,' })).toBe(
      'Hello,World,Bye,one,two,',
    );
  });

  test('understands every command the demo prints for it', async () => {
    const commands = Array.from(
      demo.program.stdout.matchAll(/ {2}((?:echo|printf).*\| nc .*)$/gm),
      ([, command]) => String(command),
    );
    expect(commands).toHaveLength(5);
    const answers = await Promise.all(commands.map((command) => output('sh', ['-c', command])));
    const [echo, items, time, unix, jsonRpc] = answers;
    expect([echo, items, unix]).toEqual(['hello\n', 'Hello,World,Bye,one,two,', 'hello\n']);
    expect(jsonRpc).toMatch(/^\{"jsonrpc":"2\.0","id":1,"result":\[.*\]\}\n$/);
    expect(time).toMatch(/^\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}$/);
  });
});
