import assert from 'node:assert/strict';
import { formatAddress, type Address } from '../address.ts';
import { SocketError } from '../errors.ts';
import {
  contractCase,
  readAll,
  readBytes,
  readText,
  readUntilOver,
  textOf,
  turns,
  type ContractCase,
} from './contract-case.ts';

/** `close()`, `abort()`, `closed`, and the addresses. */
export const endingCases: readonly ContractCase[] = [
  contractCase('close() flushes what was written', async (a, b) => {
    const size = 3_000_000;
    void a.write(new Uint8Array(size));
    const closing = a.close();
    assert.equal((await readAll(b)).length, size);
    await closing;
    await a.closed;
  }),

  contractCase('close() sends what was corked', async (a, b) => {
    a.cork();
    void a.write('held');
    await a.close();
    assert.equal(textOf(await readAll(b)), 'held');
  }),

  contractCase('close() may be called again and again', async (a) => {
    await Promise.all([a.close(), a.close()]);
    await a.close();
    await a.closed;
  }),

  contractCase('after close() reading and writing reject CLOSED', async (a, b) => {
    const outstanding = a.read();
    const closing = a.close();
    await assert.rejects(outstanding, { name: 'SocketError', code: 'CLOSED' });
    await assert.rejects(a.read(), { name: 'SocketError', code: 'CLOSED' });
    await assert.rejects(a.write('x'), { name: 'SocketError', code: 'CLOSED' });
    await closing;
    await assert.rejects(a.read(), { name: 'SocketError', code: 'CLOSED' });
    await assert.rejects(a.write('x'), { name: 'SocketError', code: 'CLOSED' });
    assert.equal(await b.read(), undefined);
  }),

  contractCase('close() drops what is unread', async (a, b) => {
    await b.write('1');
    assert.equal(await readText(a, 1), '1');
    await b.write('2');
    await turns();
    await a.close();
    await assert.rejects(a.read(), { name: 'SocketError' });
  }),

  contractCase('close() drops what is unread after both directions have ended, too', async (a, b) => {
    await a.shutdown('write');
    await b.write('1');
    assert.equal(await readText(a, 1), '1');
    await b.write('2');
    await b.shutdown('write');
    await turns();
    await a.close();
    await assert.rejects(a.read(), { name: 'SocketError', code: 'CLOSED' });
  }),

  contractCase('`await using` closes', async (a, b) => {
    await a[Symbol.asyncDispose]();
    await assert.rejects(a.write('x'), { name: 'SocketError', code: 'CLOSED' });
    assert.equal(await b.read(), undefined);
  }),

  contractCase('shutdown("both") ends both directions', async (a, b) => {
    await a.write('last');
    await a.shutdown('both');
    assert.equal(await a.read(), undefined);
    await assert.rejects(a.write('x'), { name: 'SocketError', code: 'CLOSED' });
    assert.equal(textOf(await readAll(b)), 'last');
  }),

  contractCase('closed resolves once both directions have ended in order', async (a, b) => {
    let settled = false;
    void a.closed.then(() => (settled = true));
    await a.write('from a');
    await a.shutdown('write');
    assert.equal(textOf(await readAll(b)), 'from a');
    await turns();
    assert.equal(settled, false, 'one direction is still open');
    await b.write('from b');
    await b.shutdown('write');
    assert.equal(textOf(await readAll(a)), 'from b');
    await Promise.all([a.closed, b.closed]);
    await a.closed;
  }),

  contractCase('abort(): reads and closed reject with the reason as cause, again and again', async (a) => {
    const outstanding = a.read();
    const reason = new Error('enough');
    a.abort(reason);
    const aborted = { name: 'SocketError', code: 'ABORTED', cause: reason };
    await assert.rejects(outstanding, aborted);
    a.abort(new Error('a later reason does not count'));
    await assert.rejects(a.closed, aborted);
    a.abort();
    await assert.rejects(a.read(), aborted);
    await assert.rejects(a.write('x'), aborted);
    await assert.rejects(a.closed, aborted);
    await a.close();
  }),

  contractCase('abort() is noticed by a peer that reads', async (a, b) => {
    const noticed = readUntilOver(b);
    a.abort();
    await noticed;
  }),

  contractCase('abort() is noticed by a peer that writes', async (a, b) => {
    await a.write('x');
    await readBytes(b, 1);
    a.abort();
    for (;;) {
      try {
        await b.write('anybody there?');
      } catch (error) {
        assert.ok(error instanceof SocketError);
        break;
      }
      await turns(1);
    }
  }),

  contractCase('abort() does not wait for a peer that never reads', async (a, _b, beyond) => {
    void a.write(beyond);
    a.abort();
    await assert.rejects(a.closed, { name: 'SocketError', code: 'ABORTED' });
  }),

  contractCase('abort() right after shutdown() ends the stream all the same', async (a) => {
    const finished = a.shutdown('write');
    a.abort();
    await Promise.allSettled([finished]);
    await assert.rejects(a.closed, { code: 'ABORTED' });
  }),

  contractCase('abort() after close() cuts the flush short', async (a, _b, beyond) => {
    void a.write(beyond);
    const closing = a.close();
    a.abort();
    await closing;
  }),

  contractCase('where the deadline of close() passes first, the stream is aborted', async (a, b, beyond) => {
    void a.write(beyond);
    const reason = new Error('enough');
    try {
      // A transport that has nothing to wait for, as memory, may be done at once.
      await a.close({ timeoutMs: 60_000, signal: AbortSignal.abort(reason) });
    } catch (error) {
      assert.ok(error instanceof SocketError);
      assert.equal(error.code, 'ABORTED');
      assert.equal(error.cause, reason);
      await assert.rejects(a.closed, { name: 'SocketError', code: 'ABORTED' });
    }
    await a.closed.catch(() => undefined);
    await readUntilOver(b);
  }),

  contractCase('a close() that is timed out aborts', async (a, b, beyond) => {
    void a.write(beyond);
    try {
      await a.close({ timeoutMs: 1 });
    } catch (error) {
      assert.ok(error instanceof SocketError);
      assert.equal(error.code, 'TIMED_OUT');
    }
    await a.closed.catch(() => undefined);
    await readUntilOver(b);
  }),

  contractCase(
    'where the deadline of shutdown("write") passes first, the stream is aborted',
    async (a, b, beyond) => {
      void a.write(beyond);
      try {
        await a.shutdown('write', { timeoutMs: 1 });
      } catch (error) {
        assert.ok(error instanceof SocketError);
        assert.equal(error.code, 'TIMED_OUT');
        await assert.rejects(a.closed, { name: 'SocketError', code: 'ABORTED' });
      }
      await readUntilOver(b);
    },
  ),

  contractCase("one end's local address is the other's remote address", async (a, b) => {
    for (const [local, remote] of [
      [a.localAddress, b.remoteAddress],
      [b.localAddress, a.remoteAddress],
    ] as const) {
      assert.equal(local.family, remote.family);
      if (isNamed(local) && isNamed(remote)) assert.equal(formatAddress(local), formatAddress(remote));
    }
    await Promise.resolve();
  }),
];

/** The client's end of a Unix connection usually has no path. */
function isNamed(address: Address): boolean {
  return address.family !== 'unix' || address.path !== '';
}
