import { socketPair } from '@wirestack/socket';
import { afterEach, describe, expect, it } from 'vitest';
import { jsonRpc, method, Peer, service, type StandardSchema } from '../src/index.ts';

/** The examples of section 7 of the JSON-RPC 2.0 specification, as they stand there: what goes in, and what must come out. */
const integer: StandardSchema<number> = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: (value) =>
      Number.isInteger(value) ? { value: value as number } : { issues: [{ message: 'no integer' }] },
  },
};
const called: unknown[][] = [];
const api = service({
  subtract: method([integer, integer], (_, minuend, subtrahend) => minuend - subtrahend, {
    names: ['minuend', 'subtrahend'],
  }),
  update: (...params: unknown[]) => void called.push(['update', ...params]),
  notify_hello: (...params: unknown[]) => void called.push(['notify_hello', ...params]),
  notify_sum: (...params: unknown[]) => void called.push(['notify_sum', ...params]),
  sum: (...numbers: number[]) => numbers.reduce((total, number) => total + number, 0),
  get_data: () => ['hello', 5],
});

const open: Peer[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((peer) => peer.close()));
  called.length = 0;
});

/** What comes back for these lines, and for one call behind them that shows that nothing else does. */
async function answers(...requests: string[]): Promise<unknown[]> {
  const [client, server] = socketPair();
  open.push(new Peer(server, jsonRpc({ framing: 'newline' }), { service: api }));
  const last = '{"jsonrpc":"2.0","id":"last","method":"sum","params":[]}';
  await client.write([...requests, last].map((line) => `${line}\n`).join(''));
  let text = '';
  while (!text.includes('"last"')) {
    const chunk = await client.read();
    if (chunk === undefined) throw new Error('the server closed');
    text += new TextDecoder().decode(chunk);
  }
  client.abort();
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.includes('"last"'))
    .map((line) => JSON.parse(line) as unknown);
}

const parseError = { jsonrpc: '2.0', error: { code: -32700, message: 'Parse error: not JSON' }, id: null };
const invalidRequest = { jsonrpc: '2.0', error: { code: -32600, message: 'Invalid Request' }, id: null };

describe('the examples of the specification', () => {
  it('rpc call with positional parameters', async () => {
    expect(
      await answers(
        '{"jsonrpc": "2.0", "method": "subtract", "params": [42, 23], "id": 1}',
        '{"jsonrpc": "2.0", "method": "subtract", "params": [23, 42], "id": 2}',
      ),
    ).toEqual([
      { jsonrpc: '2.0', result: 19, id: 1 },
      { jsonrpc: '2.0', result: -19, id: 2 },
    ]);
  });

  it('rpc call with named parameters', async () => {
    expect(
      await answers(
        '{"jsonrpc": "2.0", "method": "subtract", "params": {"subtrahend": 23, "minuend": 42}, "id": 3}',
        '{"jsonrpc": "2.0", "method": "subtract", "params": {"minuend": 42, "subtrahend": 23}, "id": 4}',
      ),
    ).toEqual([
      { jsonrpc: '2.0', result: 19, id: 3 },
      { jsonrpc: '2.0', result: 19, id: 4 },
    ]);
  });

  it('a notification', async () => {
    expect(
      await answers(
        '{"jsonrpc": "2.0", "method": "update", "params": [1,2,3,4,5]}',
        '{"jsonrpc": "2.0", "method": "foobar"}',
      ),
    ).toEqual([]);
    expect(called).toEqual([['update', 1, 2, 3, 4, 5]]);
  });

  it('rpc call of non-existent method', async () => {
    expect(await answers('{"jsonrpc": "2.0", "method": "foobar", "id": "1"}')).toEqual([
      { jsonrpc: '2.0', error: { code: -32601, message: 'Method not found' }, id: '1' },
    ]);
  });

  it('rpc call with invalid JSON', async () => {
    expect(await answers('{"jsonrpc": "2.0", "method": "foobar, "params": "bar", "baz]')).toEqual([
      parseError,
    ]);
  });

  it('rpc call with invalid Request object', async () => {
    expect(await answers('{"jsonrpc": "2.0", "method": 1, "params": "bar"}')).toEqual([invalidRequest]);
  });

  it('rpc call Batch, invalid JSON', async () => {
    expect(
      await answers(
        '[ {"jsonrpc": "2.0", "method": "sum", "params": [1,2,4], "id": "1"}, {"jsonrpc": "2.0", "method" ]',
      ),
    ).toEqual([parseError]);
  });

  it('rpc call with an empty Array', async () => {
    expect(await answers('[]')).toEqual([
      { jsonrpc: '2.0', error: { code: -32600, message: 'Invalid Request: an empty batch' }, id: null },
    ]);
  });

  it('rpc call with an invalid Batch (but not empty)', async () => {
    expect(await answers('[1]')).toEqual([[invalidRequest]]);
  });

  it('rpc call with invalid Batch', async () => {
    expect(await answers('[1,2,3]')).toEqual([[invalidRequest, invalidRequest, invalidRequest]]);
  });

  it('rpc call Batch', async () => {
    expect(
      await answers(
        `[ {"jsonrpc": "2.0", "method": "sum", "params": [1,2,4], "id": "1"},
           {"jsonrpc": "2.0", "method": "notify_hello", "params": [7]},
           {"jsonrpc": "2.0", "method": "subtract", "params": [42,23], "id": "2"},
           {"foo": "boo"},
           {"jsonrpc": "2.0", "method": "foo.get", "params": {"name": "myself"}, "id": "5"},
           {"jsonrpc": "2.0", "method": "get_data", "id": "9"} ]`.replaceAll('\n', ' '),
      ),
    ).toEqual([
      [
        { jsonrpc: '2.0', result: 7, id: '1' },
        { jsonrpc: '2.0', result: 19, id: '2' },
        invalidRequest,
        { jsonrpc: '2.0', error: { code: -32601, message: 'Method not found' }, id: '5' },
        { jsonrpc: '2.0', result: ['hello', 5], id: '9' },
      ],
    ]);
    expect(called).toEqual([['notify_hello', 7]]);
  });

  it('rpc call Batch (all notifications)', async () => {
    expect(
      await answers(
        '[ {"jsonrpc": "2.0", "method": "notify_sum", "params": [1,2,4]}, {"jsonrpc": "2.0", "method": "notify_hello", "params": [7]} ]',
      ),
    ).toEqual([]);
    expect(called).toEqual([
      ['notify_sum', 1, 2, 4],
      ['notify_hello', 7],
    ]);
  });
});
