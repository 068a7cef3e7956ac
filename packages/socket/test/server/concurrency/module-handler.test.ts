import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { concurrent } from '../../../src/server/concurrency/concurrent.ts';
import { moduleHandler, requireModuleHandler } from '../../../src/server/concurrency/module-handler.ts';
import { socketPair } from '../../../src/streams/memory-pair.ts';
import { textUntilEnd } from '../../scratch.ts';
import { handlerNamed, serving } from './serving.ts';

const url = new URL('./handlers/handlers.ts', import.meta.url);

describe('moduleHandler', () => {
  test('in the server’s own thread is a handler like any other', async () => {
    const { client, errors } = await serving(concurrent(), 'countAtEnd');
    const stream = await client();
    await stream.write('seven b');
    await stream.shutdown('write');
    expect(await textUntilEnd(stream)).toBe('7');
    expect(errors).toEqual([]);
  });

  test('takes the default export where none is named', async () => {
    const [near, far] = socketPair();
    await near.write('echo');
    await near.shutdown('write');
    await moduleHandler(url)(far);
    await far.close();
    expect(await textUntilEnd(near)).toBe('echo');
  });

  test('gives the handler the address of the client', async () => {
    const [near, far] = socketPair();
    const client = { family: 'ipv4', host: '192.0.2.1', port: 7 } as const;
    await handlerNamed('tellAddresses')(far, client);
    await far.close();
    expect(JSON.parse(await textUntilEnd(near))).toEqual([client, far.remoteAddress, far.localAddress]);
  });

  test('makes an object of a class for each connection', async () => {
    const [near, far] = socketPair();
    await handlerNamed('Conversation')(far);
    await far.close();
    expect((await textUntilEnd(near)).split('\n').slice(1)).toEqual(['setup', 'handle', 'finish']);
  });

  test('one that returns nothing is done when its stream is', async () => {
    const [near, far] = socketPair();
    const done = handlerNamed('takeOver')(far);
    await near.write('echo');
    await near.shutdown('write');
    expect(await textUntilEnd(near)).toBe('echo');
    await done;
  });

  test('rejects with what the handler throws, and where the export is none', async () => {
    const [near, far] = socketPair();
    await near.write('fail');
    await expect(handlerNamed('obey')(far)).rejects.toThrow(new RangeError('the handler failed'));
    await expect(handlerNamed('notAHandler')(far)).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
  });

  test.each([url, url.href, fileURLToPath(url)])('names the module %s by its URL', (module) => {
    const handler = moduleHandler(module, 'meet');
    expect([handler.url, handler.exportName]).toEqual([url.href, 'meet']);
  });

  test.each(['./handler.js', 'handler.js', ''])('refuses the relative %j with BAD_ARGUMENT', (module) => {
    expect(() => moduleHandler(module)).toThrow(expect.objectContaining({ code: 'BAD_ARGUMENT' }) as Error);
  });
});

test.each([[() => undefined], [undefined], [{ url: url.href, exportName: 'default' }]])(
  'what no moduleHandler() made is not taken to another thread',
  (handler) => {
    expect(() => requireModuleHandler(handler, 'threads()')).toThrow(/^threads\(\) runs its handler/);
  },
);
