import assert from 'node:assert/strict';
import type { ByteStream } from '../byte-stream.ts';
import { contractCase, readAll, readText, textOf, turns, type ContractCase } from './contract-case.ts';

/** `read()` and iteration: order, the end, deadlines that lose nothing, ownership of memory. */
export const readingCases: readonly ContractCase[] = [
  contractCase('bytes arrive in the order they were written, both ways at once', async (a, b) => {
    const [fromA, fromB] = await Promise.all([
      readAll(b),
      readAll(a),
      writePattern(a, 1),
      writePattern(b, 7),
    ]);
    assert.ok(equal(fromA, pattern(1)), 'what a wrote is what b read');
    assert.ok(equal(fromB, pattern(7)), 'what b wrote is what a read');
  }),

  contractCase('the end is answered again and again', async (a, b) => {
    await b.write('last');
    await b.shutdown('write');
    assert.equal(textOf(await readAll(a)), 'last');
    assert.equal(await a.read(), undefined);
    assert.equal(await a.read(), undefined);
    await a.shutdown('write');
    assert.equal(await b.read(), undefined);
    await Promise.all([a.closed, b.closed]);
    assert.equal(await a.read(), undefined, 'also after both directions have ended');
  }),

  contractCase('an end that came before anybody read is not lost', async (a, b) => {
    await b.shutdown('write');
    await turns();
    assert.equal(await a.read(), undefined);
    await a.write('still open');
    assert.equal(await readText(b, 10), 'still open');
  }),

  contractCase('bytes and an end that came before anybody read are not lost', async (a, b) => {
    await b.write('early');
    await b.close();
    await turns();
    assert.equal(textOf(await readAll(a)), 'early');
  }),

  contractCase('after shutdown("write") reading goes on', async (a, b) => {
    await a.write('question');
    await a.shutdown('write');
    assert.equal(textOf(await readAll(b)), 'question');
    await b.write('answer');
    assert.equal(await readText(a, 6), 'answer');
    await b.write(' and more');
    await b.shutdown('write');
    assert.equal(textOf(await readAll(a)), ' and more');
  }),

  contractCase(
    'an aborted read rejects ABORTED with the reason as cause, and loses nothing',
    async (a, b) => {
      const controller = new AbortController();
      const reason = new Error('changed my mind');
      const read = a.read({ signal: controller.signal });
      controller.abort(reason);
      await assert.rejects(read, { name: 'SocketError', code: 'ABORTED', cause: reason });
      await b.write('kept');
      assert.equal(await readText(a, 4), 'kept');
    },
  ),

  contractCase('a read aborted while bytes arrive loses nothing', async (a, b) => {
    const sent = 200;
    let got = '';
    let aborted = 0;
    for (let round = 0; round < sent; round++) {
      const controller = new AbortController();
      const read = a.read({ signal: controller.signal }).then(
        (chunk) => textOf(chunk ?? new Uint8Array()),
        () => {
          aborted++;
          return '';
        },
      );
      if (round % 5 === 0) controller.abort();
      const written = b.write(String(round % 10));
      if (round % 3 === 0) await turns(round % 4);
      controller.abort();
      got += await read;
      await written;
    }
    await b.shutdown('write');
    got += textOf(await readAll(a));
    assert.equal(got, Array.from({ length: sent }, (_, round) => String(round % 10)).join(''));
    assert.ok(aborted > 0, 'some reads were aborted');
  }),

  contractCase('a timed-out read rejects TIMED_OUT and loses nothing', async (a, b) => {
    await assert.rejects(a.read({ timeoutMs: 1 }), { name: 'SocketError', code: 'TIMED_OUT' });
    await b.write('kept');
    assert.equal(await readText(a, 4), 'kept');
  }),

  contractCase('a read whose signal has already fired loses nothing, even where bytes wait', async (a, b) => {
    const signal = AbortSignal.abort('too late');
    await assert.rejects(a.read({ signal }), { name: 'SocketError', code: 'ABORTED', cause: 'too late' });
    await b.write('k');
    assert.equal(await readText(a, 1), 'k');
    await b.write('ept');
    await turns();
    await assert.rejects(a.read({ signal }), { name: 'SocketError', code: 'ABORTED', cause: 'too late' });
    assert.equal(await readText(a, 3), 'ept');
  }),

  contractCase('a deadline that does not pass changes nothing', async (a, b) => {
    const { signal } = new AbortController();
    const read = a.read({ signal, timeoutMs: 60_000 });
    await b.write('in time', { signal, timeoutMs: 60_000 });
    assert.equal(textOf((await read) ?? new Uint8Array()), 'in time');
    await b.write('and again', { timeoutMs: Infinity });
    assert.equal(await readText(a, 9), 'and again');
  }),

  contractCase('a timeoutMs that is no duration is refused with BAD_ARGUMENT', async (a, b) => {
    const refused = { name: 'SocketUsageError', code: 'BAD_ARGUMENT' };
    await assert.rejects(() => a.read({ timeoutMs: -1 }), refused);
    await assert.rejects(() => a.read({ timeoutMs: NaN }), refused);
    await assert.rejects(() => a.write('x', { timeoutMs: NaN }), refused);
    await b.write('alive');
    assert.equal(await readText(a, 5), 'alive');
    await a.write('alive');
    assert.equal(await readText(b, 5), 'alive', 'the refused write sent nothing');
  }),

  contractCase('a second outstanding read is refused with BUSY, and the first is unharmed', async (a, b) => {
    const first = a.read();
    await assert.rejects(a.read(), { name: 'SocketUsageError', code: 'BUSY' });
    await b.write('for the first');
    assert.equal(textOf((await first) ?? new Uint8Array()), 'for the first');
  }),

  contractCase('`for await` ends at the end of the stream', async (a, b) => {
    await b.write('one');
    await b.shutdown('write');
    let text = '';
    for await (const chunk of a) text += textOf(chunk);
    assert.equal(text, 'one');
  }),

  contractCase('leaving a `for await` early keeps the stream usable', async (a, b) => {
    await b.write('first');
    for await (const chunk of a) {
      assert.equal(textOf(chunk), 'first');
      break;
    }
    await b.write('second');
    assert.equal(await readText(a, 6), 'second');
    await a.write('third');
    assert.equal(await readText(b, 5), 'third');
    await b.write('fourth');
    for await (const chunk of a) {
      assert.equal(textOf(chunk), 'fourth');
      break;
    }
  }),

  contractCase("what was read is the caller's memory: it never changes, and may be changed", async (a, b) => {
    const kept: { chunk: Uint8Array; copy: Uint8Array }[] = [];
    for (let round = 0; round < 50; round++) {
      await b.write(new Uint8Array(1_000).fill(round));
      for (let got = 0; got < 1_000;) {
        const chunk = await a.read();
        assert.ok(chunk);
        assert.ok(chunk.every((byte) => byte === round));
        got += chunk.length;
        if (round % 2 === 1) chunk.fill(255);
        kept.push({ chunk, copy: Uint8Array.from(chunk) });
      }
    }
    assert.ok(kept.every(({ chunk, copy }) => equal(chunk, copy)));
  }),

  contractCase(
    'shutdown("read") answers undefined, and the writes of the peer do not hang',
    async (a, b, beyond) => {
      const outstanding = a.read();
      await a.shutdown('read');
      assert.equal(await outstanding, undefined);
      await b.write(beyond);
      assert.equal(await a.read(), undefined);
      assert.equal(await a.read(), undefined);
      await a.write('still writing');
      assert.equal(await readText(b, 13), 'still writing');
    },
  ),

  contractCase('shutdown("read") drops what has arrived unread', async (a, b) => {
    await b.write('1');
    assert.equal(await readText(a, 1), '1');
    await b.write('2');
    await turns();
    await a.shutdown('read');
    assert.equal(await a.read(), undefined);
  }),
];

const patternSizes = Array.from({ length: 120 }, (_, index) => (index * 7_919) % 9_000);

function pattern(seed: number): Uint8Array {
  const size = patternSizes.reduce((sum, length) => sum + length, 0);
  const bytes = new Uint8Array(size);
  for (let index = 0; index < size; index++) bytes[index] = index * seed + (index >> 8);
  return bytes;
}

async function writePattern(stream: ByteStream, seed: number): Promise<void> {
  const bytes = pattern(seed);
  let at = 0;
  for (const size of patternSizes) await stream.write(bytes.slice(at, (at += size)));
  await stream.shutdown('write');
}

function equal(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, index) => byte === right[index]);
}
