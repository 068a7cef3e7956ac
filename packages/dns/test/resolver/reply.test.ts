import { describe, expect, it } from 'vitest';
import { encode, query, respond, type Message } from '../../src/message/index.ts';
import { readReply } from '../../src/resolver/reply.ts';
import { records } from './scripted-server.ts';

const asked = query('wWw.example.com', 'A', { id: 0x1234 });
const answers = records('www.example.com. 60 IN A 192.0.2.1');
const right = respond(asked, { answers });

function read(reply: Partial<Message>, exactCase = false): Message | string {
  return readReply(encode({ ...right, ...reply }), asked, exactCase);
}

describe('readReply', () => {
  it('takes the reply', () => {
    expect(read({})).toMatchObject({
      id: 0x1234,
      isResponse: true,
      answers: [{ data: { address: '192.0.2.1' } }],
    });
  });

  it.each([
    ['NOT_A_RESPONSE', { isResponse: false }],
    ['NOT_A_RESPONSE', { opcode: 'NOTIFY' }],
    ['WRONG_ID', { id: 0x1235 }],
    ['WRONG_ID', { id: 0x3412 }],
    ['WRONG_QUESTION', { questions: query('ww.example.com', 'A', { id: 0 }).questions }],
    ['WRONG_QUESTION', { questions: query('www.example.com', 'AAAA', { id: 0 }).questions }],
    ['WRONG_QUESTION', { questions: query('www.example.com', 'A', { id: 0, class: 'CH' }).questions }],
    ['WRONG_QUESTION', { questions: [...asked.questions, ...asked.questions] }],
    ['WRONG_QUESTION', { questions: [] }],
    ['WRONG_QUESTION', { questions: [], rcode: 'SERVFAIL' }],
  ] as const)('answers %s for %j', (reason, reply) => {
    expect(read(reply)).toBe(reason);
  });

  it('takes FORMERR without the question: the server could not read it', () => {
    expect(read({ questions: [], answers: [], rcode: 'FORMERR' })).toMatchObject({ rcode: 'FORMERR' });
  });

  it('tells cases of letters apart only where it is asked to', () => {
    const { questions } = query('www.example.com', 'A', { id: 0 });
    expect(read({ questions })).toMatchObject({ id: 0x1234 });
    expect(read({ questions }, true)).toBe('WRONG_QUESTION');
    expect(read({}, true)).toMatchObject({ id: 0x1234 });
  });

  it('takes no part of a message for one', () => {
    const bytes = encode(right);
    for (let length = 0; length < bytes.length; length++) {
      expect(readReply(bytes.subarray(0, length), asked, false)).toBe('BAD_FORMAT');
    }
    expect(readReply(Uint8Array.of(...bytes, 0), asked, false)).toBe('BAD_FORMAT');
  });

  it('believes a message cut in the middle that it is truncated, and nothing else', () => {
    const bytes = encode({ ...right, isTruncated: true, rcode: 'NXDOMAIN' });
    for (let length = 12; length < bytes.length; length++) {
      expect(readReply(bytes.subarray(0, length), asked, false)).toEqual(
        respond(asked, { isTruncated: true }),
      );
    }
  });

  it('takes no answer with a name that points to itself', () => {
    const bytes = encode(right, { compress: false });
    const owner = encode(respond(asked)).length - 11;
    bytes.set([0xc0, owner], owner);
    expect(readReply(bytes, asked, false)).toBe('BAD_FORMAT');
  });
});
