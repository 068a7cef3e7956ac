import { describe, expect, it, vi } from 'vitest';
import { encode, query, respond, type Message, type QueryOptions } from '../../src/message/index.ts';
import type { DnsHandler } from '../../src/server/index.ts';
import { parseRecord } from '../../src/zone/index.ts';
import { concat, hex, u16 } from '../bytes.ts';
import { started, TcpClient, UdpClient } from './client.ts';

const address = parseRecord('www.example. 60 IN A 192.0.2.1');

const answering: DnsHandler = (asked) => respond(asked, { answers: [address] });

function question(id: number, options: Partial<QueryOptions> = {}): Uint8Array {
  return encode(query('www.example.', 'A', { id, edns: undefined, ...options }));
}

/** What a well-behaved client gets: the server has survived whatever came before. */
const good = { id: 7, rcode: 'NOERROR', isResponse: true, answers: [expect.objectContaining({ type: 'A' })] };

const header = (counts: string, flags = '01 00'): string => `12 34 ${flags} ${counts}`;
const one = '00 01 00 00 00 00 00 00';
const withAnswer = '00 01 00 01 00 00 00 00';
const www = '03 "www" 07 "example" 00 00 01 00 01';

describe('hostile messages', () => {
  const malformed: [fault: string, bytes: string][] = [
    ['a name that points to itself', `${header(one)} c0 0c 00 01 00 01`],
    ['two pointers that point to each other', `${header(one)} c0 0e c0 0c 00 01 00 01`],
    ['a label that leads back to itself', `${header(one)} 01 "a" c0 0c 00 01 00 01`],
    ['a pointer forward', `${header(one)} c0 12 00 01 00 01 03 "www" 00`],
    ['a pointer behind the end', `${header(one)} ff ff 00 01 00 01`],
    ['a pointer into the header', `${header(one)} c0 04 00 01 00 01`],
    ['half a pointer', `${header(one)} c0`],
    ['label type 01', `${header(one)} 43 "www" 00 00 01 00 01`],
    ['label type 10', `${header(one)} 83 "www" 00 00 01 00 01`],
    ['a label that leads out of the message', `${header(one)} 3f "www"`],
    [
      'a name of 256 bytes',
      `${header(one)} ${`3f ${'61 '.repeat(63)}`.repeat(3)} 3e ${'61 '.repeat(62)} 00 00 01 00 01`,
    ],
    ['a name without an end', `${header(one)} 03 "www"`],
    ['a question without its class', `${header(one)} 03 "www" 00 00 01`],
    ['a count of questions that lies', `${header('ff ff 00 00 00 00 00 00')} ${www}`],
    ['a count of answers that lies', `${header('00 01 ff ff 00 00 00 00')} ${www}`],
    ['a count of authorities that lies', `${header('00 01 00 00 ff ff 00 00')} ${www}`],
    ['a count of additionals that lies', `${header('00 01 00 00 00 00 ff ff')} ${www}`],
    ['a question that nothing counts', `${header('00 00 00 00 00 00 00 00')} ${www}`],
    ['bytes behind the message', `${header(one)} ${www} 00`],
    ['RDLENGTH past the end', `${header(withAnswer)} ${www} c0 0c 00 01 00 01 00 00 00 3c 00 05 c0 00 02 01`],
    ['RDLENGTH too small for A', `${header(withAnswer)} ${www} c0 0c 00 01 00 01 00 00 00 3c 00 03 c0 00 02`],
    [
      'RDLENGTH too large for A',
      `${header(withAnswer)} ${www} c0 0c 00 01 00 01 00 00 00 3c 00 05 c0 00 02 01 00`,
    ],
    ['RDLENGTH 0 for A', `${header(withAnswer)} ${www} c0 0c 00 01 00 01 00 00 00 3c 00 00`],
    [
      'a name that ends behind RDLENGTH',
      `${header(withAnswer)} ${www} c0 0c 00 05 00 01 00 00 00 3c 00 01 c0 0c`,
    ],
    ['a pointer loop in RDATA', `${header(withAnswer)} ${www} c0 0c 00 05 00 01 00 00 00 3c 00 02 c0 29`],
    [
      'a string that leads out of RDATA',
      `${header(withAnswer)} ${www} c0 0c 00 10 00 01 00 00 00 3c 00 02 09 "a"`,
    ],
    ['a record cut short', `${header(withAnswer)} ${www} c0 0c 00 01 00 01 00 00`],
    [
      'OPT with an owner',
      `${header('00 01 00 00 00 00 00 01')} ${www} 01 "a" 00 00 29 10 00 00 00 00 00 00 00`,
    ],
    ['OPT among the answers', `${header(withAnswer)} ${www} 00 00 29 10 00 00 00 00 00 00 00`],
    [
      'two OPT',
      `${header('00 01 00 00 00 00 00 02')} ${www} ${'00 00 29 10 00 00 00 00 00 00 00'.repeat(2)}`,
    ],
    [
      'an option longer than OPT',
      `${header('00 01 00 00 00 00 00 01')} ${www} 00 00 29 10 00 00 00 00 00 00 04 00 0a 00 08`,
    ],
  ];

  it.each(malformed)(
    '%s is answered with FORMERR, over UDP and TCP, and the next query as ever',
    async (_, bytes) => {
      const server = await started(answering);
      const udp = await UdpClient.to(server.address);
      const tcp = await TcpClient.to(server.address);
      for (const client of [udp, tcp]) {
        const answer = await client.ask(hex(bytes));
        expect(answer).toMatchObject({
          id: 0x1234,
          isResponse: true,
          rcode: 'FORMERR',
          recursionDesired: true,
        });
        expect(answer.answers).toEqual([]);
        expect(await client.ask(question(7))).toMatchObject(good);
      }
      expect(server.stats).toMatchObject({ received: 4, answered: 4, malformed: 2, failed: 0, ignored: 0 });
      expect(server.errors).toEqual([]);
    },
  );

  it('a chain of pointers as long as a message can be is answered, and so is the next query', async () => {
    const server = await started(answering);
    // A question, then a record of an unknown type: 60,000 bytes of pointers, each to the one before it. Then a record whose owner is the last.
    const pointers = Array.from(
      { length: 8000 },
      (_, index) => 0xc000 + 12 + 17 + 11 + Math.max(0, index * 2 - 2),
    );
    const data = u16(...pointers);
    const hostile = concat(
      hex(`${header('00 01 00 02 00 00 00 00')} ${www} 00 ff 00 00 01 00 00 00 00`),
      u16(data.length),
      data,
      u16(0xc000 + 12 + 17 + 11 + 2 * 7999),
      hex('00 01 00 01 00 00 00 00 00 04 7f 00 00 01'),
    );
    const client = await TcpClient.to(server.address);
    expect(await client.ask(hostile)).toMatchObject({ id: 0x1234, rcode: 'FORMERR' });
    expect(await client.ask(question(7))).toMatchObject(good);
  });

  it('keeps the opcode of a message that is none', async () => {
    const server = await started(answering);
    const client = await UdpClient.to(server.address);
    expect(await client.ask(hex(`${header(one, '20 00')} c0 0c`))).toMatchObject({
      id: 0x1234,
      opcode: 'NOTIFY',
      rcode: 'FORMERR',
      recursionDesired: false,
    });
  });

  it('a query cut short anywhere is answered with FORMERR, or, without a whole header, not at all', async () => {
    const handled: Message[] = [];
    const server = await started((asked) => {
      handled.push(asked);
      return answering(asked, undefined as never);
    });
    const whole = question(0x4321, { edns: {} });
    const udp = await UdpClient.to(server.address);
    const tcp = await TcpClient.to(server.address);
    for (const client of [udp, tcp]) {
      for (let length = 0; length < 12; length++) await client.send(whole.subarray(0, length));
      expect(await client.ask(question(7))).toMatchObject(good);
      for (let length = 12; length < whole.length; length++) {
        expect(await client.ask(whole.subarray(0, length))).toMatchObject({ id: 0x4321, rcode: 'FORMERR' });
      }
      expect(await client.ask(question(7))).toMatchObject(good);
    }
    expect(handled).toHaveLength(4);
    expect(server.stats.ignored).toBe(24);
  });

  it('a response is never answered, valid or not', async () => {
    const server = await started(answering);
    const response = encode(respond(query('www.example.', 'A', { id: 1 }), { answers: [address] }));
    const responses = [response, hex(`${header(one, '81 80')} c0 0c`), hex(header(one, '80 00'))];
    for (const client of [await UdpClient.to(server.address), await TcpClient.to(server.address)]) {
      for (const each of responses) await client.send(each);
      expect(await client.ask(question(7))).toMatchObject(good);
    }
    expect(server.stats).toMatchObject({ received: 8, answered: 2, ignored: 6 });
  });

  it.each([
    ['no question', '00 00 00 00 00 00 00 00', ''],
    ['two questions', '00 02 00 00 00 00 00 00', `${www} ${www}`],
    ['questions that no UDP answer can repeat', '01 00 00 00 00 00 00 00', www.repeat(256)],
  ])('%s: FORMERR, and the handler is not asked', async (_, counts, questions) => {
    const handler = vi.fn(answering);
    const server = await started(handler);
    for (const client of [await UdpClient.to(server.address), await TcpClient.to(server.address)]) {
      expect(await client.ask(hex(`${header(counts)} ${questions}`))).toMatchObject({
        id: 0x1234,
        rcode: 'FORMERR',
      });
    }
    expect(handler).not.toHaveBeenCalled();
    expect(server.errors).toEqual([]);
    expect(server.stats).toMatchObject({ malformed: 2, answered: 2, failed: 0 });
  });

  it('more than one question is FORMERR under other opcodes too', async () => {
    const server = await started(answering);
    const client = await UdpClient.to(server.address);
    expect(
      await client.ask(hex(`${header('01 00 00 00 00 00 00 00', '10 00')} ${www.repeat(256)}`)),
    ).toMatchObject({
      opcode: 'STATUS',
      rcode: 'FORMERR',
    });
    expect(server.errors).toEqual([]);
  });

  it('EDNS comes back with the FORMERR for two questions', async () => {
    const server = await started(answering);
    const client = await UdpClient.to(server.address);
    const opt = '00 00 29 10 00 00 00 80 00 00 00';
    const answer = await client.ask(hex(`${header('00 02 00 00 00 00 00 01')} ${www} ${www} ${opt}`));
    expect(answer).toMatchObject({ rcode: 'FORMERR', edns: { version: 0, dnssecOk: true } });
  });
});
