import assert from 'node:assert/strict';
import {
  contractCase,
  readAll,
  readBytes,
  readText,
  textOf,
  turns,
  type ContractCase,
} from './contract-case.ts';
import { RecordingReceiver } from './recording-receiver.ts';

/** `attach()`, `pause()`, `resume()` and what a receiver is told. */
export const pushCases: readonly ContractCase[] = [
  contractCase('a receiver gets the data, end once, and closed exactly once and last', async (a, b) => {
    const receiver = new RecordingReceiver();
    a.attach(receiver);
    await b.write('one ');
    await b.write('two');
    await b.shutdown('write');
    await receiver.untilCalled('end');
    assert.equal(receiver.text, 'one two');
    await a.write('writing goes on after the end');
    await a.shutdown('write');
    assert.equal(textOf(await readAll(b)), 'writing goes on after the end');
    await receiver.untilCalled('closed');
    await turns();
    assert.deepEqual(receiver.calls, ['data', 'end', 'closed']);
    assert.deepEqual(receiver.errors, [undefined]);
  }),

  contractCase('a chunk that is kept does not change when more arrives', async (a, b) => {
    const receiver = new RecordingReceiver();
    a.attach(receiver);
    for (let round = 1; round <= 8; round++) {
      await b.write(String(round).repeat(10_000));
      await receiver.untilBytes(round * 10_000);
    }
    const expected = '12345678'.replaceAll(/./g, (digit) => digit.repeat(10_000));
    assert.ok(receiver.text === expected, 'the chunks kept are not what was sent');
  }),

  contractCase('a receiver that borrows gets the same bytes', async (a, b) => {
    const receiver = new RecordingReceiver();
    a.attach({
      borrows: true,
      data: (chunk) => {
        receiver.data(new Uint8Array(chunk));
      },
      end: () => {
        receiver.end();
      },
      closed: () => undefined,
      drain: () => undefined,
    });
    const sent = new Uint8Array(1_000_000).map((_, at) => at % 251);
    await Promise.all([b.write(sent), receiver.untilBytes(sent.length)]);
    await b.shutdown('write');
    await receiver.untilCalled('end');
    assert.ok(receiver.text === textOf(sent), 'the bytes are not those that were sent');
  }),

  contractCase('in push mode read() is refused with ATTACHED', async (a, b) => {
    const receiver = new RecordingReceiver();
    a.attach(receiver);
    await assert.rejects(a.read(), { name: 'SocketUsageError', code: 'ATTACHED' });
    await b.write('unharmed');
    await receiver.untilBytes(8);
    assert.equal(receiver.text, 'unharmed');
  }),

  contractCase('attach() while a read is outstanding is refused with BUSY', async (a, b) => {
    const read = a.read();
    const receiver = new RecordingReceiver();
    assert.throws(
      () => {
        a.attach(receiver);
      },
      { name: 'SocketUsageError', code: 'BUSY' },
    );
    await b.write('for the read');
    assert.equal(textOf((await read) ?? new Uint8Array()), 'for the read');
    a.attach(receiver);
    await b.write('for the receiver');
    await receiver.untilBytes(16);
    assert.equal(receiver.text, 'for the receiver');
  }),

  contractCase('bytes read ahead reach the receiver in a later turn, and before new ones', async (a, b) => {
    await b.write('1');
    assert.equal(await readText(a, 1), '1');
    await b.write('2');
    await turns();
    const receiver = new RecordingReceiver();
    a.attach(receiver);
    assert.deepEqual(receiver.calls, [], 'not inside attach()');
    await b.write('3');
    await receiver.untilBytes(2);
    await b.write('4');
    await receiver.untilBytes(3);
    assert.equal(receiver.text, '234');
  }),

  contractCase('a receiver attached after the peer has ended is told so', async (a, b) => {
    await b.shutdown('write');
    assert.equal(await a.read(), undefined);
    const receiver = new RecordingReceiver();
    a.attach(receiver);
    assert.deepEqual(receiver.calls, [], 'not inside attach()');
    await receiver.untilCalled('end');
    await a.close();
    await receiver.untilCalled('closed');
    assert.deepEqual(receiver.calls, ['end', 'closed']);
  }),

  contractCase('an end that came before anybody attached is not lost', async (a, b) => {
    await b.close();
    await turns();
    const receiver = new RecordingReceiver();
    a.attach(receiver);
    assert.deepEqual(receiver.calls, [], 'not inside attach()');
    await receiver.untilCalled('end');
    await a.close();
    await receiver.untilCalled('closed');
    assert.deepEqual(receiver.calls, ['end', 'closed']);
  }),

  contractCase('pause() stops data from the moment it returns, until resume()', async (a, b) => {
    const receiver = new RecordingReceiver();
    a.attach(receiver);
    await b.write('1');
    await receiver.untilBytes(1);
    a.pause();
    await b.write('2');
    await b.write('3');
    await turns();
    assert.equal(receiver.text, '1');
    a.resume();
    await receiver.untilBytes(3);
    assert.equal(receiver.text, '123');
    a.resume();
    await b.write('4');
    await receiver.untilBytes(4);
  }),

  contractCase('pause() inside data() holds back the rest, also of what was read ahead', async (a, b) => {
    await b.write('1');
    assert.equal(await readText(a, 1), '1');
    for (const chunk of ['22', '33', '44']) {
      await b.write(chunk);
      await turns(3);
    }
    const receiver = new RecordingReceiver();
    let isPaused = false;
    receiver.onData = () => {
      assert.equal(isPaused, false, 'no data() between pause() and resume()');
      isPaused = true;
      a.pause();
    };
    a.attach(receiver);
    for (const chunk of ['55', '66']) await b.write(chunk);
    while (receiver.bytes < 10) {
      await receiver.until(() => isPaused || receiver.bytes === 10);
      await turns(3);
      isPaused = false;
      a.resume();
    }
    assert.equal(receiver.text, '2233445566');
  }),

  contractCase('the peer of a paused stream feels back-pressure', async (a, b, beyond) => {
    const receiver = new RecordingReceiver();
    a.attach(receiver);
    a.pause();
    const written = b.write(beyond);
    await turns();
    assert.equal(receiver.bytes, 0);
    assert.equal(b.needsDrain, true);
    a.resume();
    await written;
    await receiver.untilBytes(beyond.length);
  }),

  contractCase('a second attach() replaces the receiver', async (a, b) => {
    const first = new RecordingReceiver();
    const second = new RecordingReceiver();
    a.attach(first);
    await b.write('1');
    await first.untilBytes(1);
    a.attach(second);
    await b.write('2');
    await second.untilBytes(1);
    await b.shutdown('write');
    await a.shutdown('write');
    await second.untilCalled('closed');
    await turns();
    assert.equal(first.text, '1');
    assert.deepEqual(first.calls, ['data']);
    assert.equal(second.text, '2');
    assert.deepEqual(second.calls, ['data', 'end', 'closed']);
  }),

  contractCase('a receiver that replaces one told of the end is told of it, too', async (a, b) => {
    const first = new RecordingReceiver();
    a.attach(first);
    await b.shutdown('write');
    await first.untilCalled('end');
    const second = new RecordingReceiver();
    a.attach(second);
    assert.deepEqual(second.calls, [], 'not inside attach()');
    await second.untilCalled('end');
    await a.close();
    await second.untilCalled('closed');
    assert.deepEqual(second.calls, ['end', 'closed']);
    assert.deepEqual(first.calls, ['end']);
  }),

  contractCase('attach() inside data() hands the connection over without losing a byte', async (a, b) => {
    const first = new RecordingReceiver();
    const second = new RecordingReceiver();
    first.onData = () => {
      a.attach(second);
    };
    a.attach(first);
    for (let round = 0; round < 10; round++) await b.write(String(round));
    await b.shutdown('write');
    await second.untilCalled('end');
    assert.equal(first.text + second.text, '0123456789');
    assert.deepEqual(first.calls, ['data']);
  }),

  contractCase('drain() follows back-pressure, once more may be written', async (a, b, beyond) => {
    const receiver = new RecordingReceiver();
    a.attach(receiver);
    let drainedWhileBlocked = false;
    const drained = receiver.untilCalled('drain').then(() => {
      drainedWhileBlocked = a.needsDrain;
    });
    void a.write(beyond);
    assert.equal(a.needsDrain, true);
    await turns();
    assert.deepEqual(receiver.calls, []);
    await readBytes(b, beyond.length);
    await drained;
    assert.equal(drainedWhileBlocked, false);
  }),

  contractCase('close() in push mode: no more data, closed() without an error', async (a, b) => {
    const receiver = new RecordingReceiver();
    a.attach(receiver);
    await b.write('seen');
    await receiver.untilBytes(4);
    const closing = a.close();
    void b.write('not seen');
    await closing;
    await receiver.untilCalled('closed');
    await turns();
    assert.deepEqual(receiver.calls, ['data', 'closed']);
    assert.deepEqual(receiver.errors, [undefined]);
  }),

  contractCase('abort() in push mode: closed() with the error, once', async (a) => {
    const receiver = new RecordingReceiver();
    a.attach(receiver);
    const reason = new Error('enough');
    a.abort(reason);
    a.abort();
    await receiver.untilCalled('closed');
    await turns();
    assert.deepEqual(receiver.calls, ['closed']);
    assert.equal(receiver.errors[0]?.name, 'SocketError');
    assert.equal(receiver.errors[0].cause, reason);
  }),

  contractCase('abort() while paused tells the receiver too', async (a, b) => {
    const receiver = new RecordingReceiver();
    a.attach(receiver);
    a.pause();
    await b.write('never delivered');
    await turns();
    a.abort();
    await receiver.untilCalled('closed');
    assert.deepEqual(receiver.calls, ['closed']);
  }),

  contractCase('abort() while paused over bytes read ahead tells the receiver too', async (a, b) => {
    await b.write('1');
    assert.equal(await readText(a, 1), '1');
    await b.write('2');
    await turns();
    const receiver = new RecordingReceiver();
    a.attach(receiver);
    a.pause();
    await turns();
    a.abort();
    await receiver.untilCalled('closed');
    await turns();
    assert.deepEqual(receiver.calls, ['closed']);
  }),

  contractCase('close() while paused tells the receiver too', async (a, b) => {
    const receiver = new RecordingReceiver();
    a.attach(receiver);
    a.pause();
    await b.write('never delivered');
    await turns();
    await a.close();
    await receiver.untilCalled('closed');
    assert.deepEqual(receiver.calls, ['closed']);
  }),
];
