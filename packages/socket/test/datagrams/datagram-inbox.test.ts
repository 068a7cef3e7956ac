import { describe, expect, test } from 'vitest';
import { SocketError, type Address, type DatagramReceiver } from '@wirestack/socket';
import { DatagramInbox } from '../../src/datagrams/datagram-inbox.ts';
import { turns } from '../../src/testing/contract-case.ts';

const from: Address = { family: 'ipv4', host: '192.0.2.1', port: 9 };
const packet = (number: number): Uint8Array => Uint8Array.of(number);
const refused = (message: string): SocketError => new SocketError('REFUSED', message);

/** What push mode told, in order. */
function recording(events: unknown[]): DatagramReceiver {
  return {
    datagram: ([number]) => events.push(number),
    error: ({ message }) => events.push(message),
    closed: () => events.push('closed'),
  };
}

describe('a datagram inbox', () => {
  test('gives packets first, then what went wrong, then waits', async () => {
    const inbox = new DatagramInbox();
    inbox.fail(refused('before'));
    inbox.arrive(packet(1), from);
    expect(await inbox.receive()).toEqual({ data: packet(1), from });
    await expect(inbox.receive()).rejects.toThrow('before');
    expect(inbox.isReadable).toBe(false);
    const waiting = inbox.receive();
    inbox.arrive(packet(2), from);
    expect((await waiting).data).toEqual(packet(2));
  });

  test('keeps the last of several errors that nobody waited for', async () => {
    const inbox = new DatagramInbox();
    inbox.fail(refused('first'));
    inbox.fail(refused('last'));
    await expect(inbox.receive()).rejects.toThrow('last');
    expect(inbox.isReadable).toBe(false);
  });

  test('hands what waited to a receiver in a later turn: packets, then the error', async () => {
    const inbox = new DatagramInbox();
    inbox.arrive(packet(1), from);
    inbox.fail(refused('failed'));
    const events: unknown[] = [];
    inbox.attach(recording(events));
    inbox.arrive(packet(2), from);
    expect(events).toEqual([]);
    await turns();
    expect(events).toEqual([1, 2, 'failed']);
    inbox.arrive(packet(3), from);
    inbox.fail(refused('failed again'));
    expect(events).toEqual([1, 2, 'failed', 3, 'failed again']);
  });

  test('hands over an error that waited alone', async () => {
    const inbox = new DatagramInbox();
    inbox.fail(refused('failed'));
    const events: unknown[] = [];
    inbox.attach(recording(events));
    await turns();
    expect(events).toEqual(['failed']);
  });

  test('tells nothing after it was closed, even by the receiver itself', async () => {
    const inbox = new DatagramInbox();
    for (const number of [1, 2, 3]) inbox.arrive(packet(number), from);
    inbox.fail(refused('failed'));
    const events: unknown[] = [];
    inbox.attach({
      ...recording(events),
      datagram: ([number]) => {
        events.push(number);
        if (number === 2) inbox.close();
      },
      closed: () => {
        events.push('closed');
        inbox.close();
      },
    });
    await turns();
    expect(events).toEqual([1, 2, 'closed']);
  });

  test('closed, it still has what had arrived, then rejects CLOSED', async () => {
    const inbox = new DatagramInbox();
    inbox.arrive(packet(1), from);
    inbox.close();
    expect((await inbox.receive()).data).toEqual(packet(1));
    await expect(inbox.receive()).rejects.toMatchObject({ name: 'SocketError', code: 'CLOSED' });
    expect(inbox.isReadable).toBe(true);
  });

  test('ends an iteration when it is closed, and fails it on an error', async () => {
    const inbox = new DatagramInbox();
    for (const number of [1, 2]) inbox.arrive(packet(number), from);
    inbox.close();
    const seen: unknown[] = [];
    for await (const { data } of inbox) seen.push(data[0]);
    expect(seen).toEqual([1, 2]);
    const failing = new DatagramInbox();
    failing.fail(refused('failed'));
    await expect(failing[Symbol.asyncIterator]().next()).rejects.toThrow('failed');
  });

  test('tells its watchers of each change that makes it readable', async () => {
    const inbox = new DatagramInbox(1);
    let changes = 0;
    const stop = inbox.watch(() => changes++);
    inbox.arrive(packet(1), from);
    inbox.arrive(packet(2), from);
    inbox.fail(refused('failed'));
    expect([changes, inbox.dropped]).toEqual([3, 1]);
    expect((await inbox.receive()).data).toEqual(packet(2));
    inbox.close();
    expect(changes).toBe(4);
    stop();
    inbox.arrive(packet(3), from);
    expect(changes).toBe(4);
  });
});
