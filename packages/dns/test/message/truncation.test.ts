import { describe, expect, it } from 'vitest';
import { decode } from '../../src/message/decode.ts';
import { encode } from '../../src/message/encode.ts';
import type { Message } from '../../src/message/message.ts';
import { query, respond } from '../../src/message/query.ts';
import { Name } from '../../src/name.ts';
import type { ResourceRecord } from '../../src/records/record.ts';
import { hex } from '../bytes.ts';

function record(owner: string, type: string, data: unknown): ResourceRecord {
  return { name: Name.parse(owner), type, class: 'IN', ttl: 60, data } as ResourceRecord;
}
const a = (owner: string, last = 1) => record(owner, 'A', { address: `192.0.2.${String(last)}` });
const aaaa = (owner: string) => record(owner, 'AAAA', { address: '2001:db8::1' });
const ns = (owner: string, target: string) => record(owner, 'NS', { target: Name.parse(target) });

function response(question: string, parts: Partial<Message>, edns = true): Message {
  return respond(query(question, 'A', edns ? { id: 1 } : { id: 1, edns: undefined }), {
    isAuthoritative: true,
    ...parts,
  });
}

/** What is left at each size from that of the whole message down, a line for each change. */
function cuts(message: Message): string[] {
  const lines: string[] = [];
  for (let size = encode(message).length; size >= 12; size--) {
    let line: string;
    try {
      const bytes = encode(message, { maxSize: size });
      expect(bytes.length).toBeLessThanOrEqual(size);
      line = shape(decode(bytes));
    } catch (error) {
      expect(error).toMatchObject({ code: 'TOO_LARGE' });
      line = 'TOO_LARGE';
    }
    if (line !== lines.at(-1)) lines.push(line);
  }
  return lines;
}

function shape({ answers, authorities, additionals, isTruncated, edns, questions }: Message): string {
  expect(questions).toHaveLength(1);
  const sections = [answers, authorities, additionals].map((section) => section.length).join(' ');
  return `${sections}${edns === undefined ? '' : ' opt'}${isTruncated ? ' TC' : ''}`;
}

describe('maxSize', () => {
  it('cuts nothing from what fits, to the byte', () => {
    const message = response('a.example', { answers: [a('a.example')], additionals: [a('b.example')] });
    const whole = encode(message);
    expect(encode(message, { maxSize: whole.length })).toEqual(whole);
    expect(encode(message, { maxSize: whole.length - 1 })).not.toEqual(whole);
  });

  it('leaves out RRsets from the back: additional ones without TC, authorities and answers with it', () => {
    const message = response('a.example', {
      answers: [a('a.example', 1), a('a.example', 2)],
      authorities: [ns('example', 'ns1.example'), ns('example', 'ns2.example')],
      additionals: [a('ns1.example'), aaaa('ns1.example'), a('ns2.example')],
    });
    expect(cuts(message)).toEqual([
      '2 2 3 opt',
      '2 2 2 opt',
      '2 2 1 opt',
      '2 2 0 opt',
      '2 0 0 opt TC',
      '0 0 0 opt TC',
      'TOO_LARGE',
    ]);
  });

  it('does the same without EDNS', () => {
    const message = response('a.example', { answers: [a('a.example'), aaaa('a.example')] }, false);
    expect(cuts(message)).toEqual(['2 0 0', '1 0 0 TC', '0 0 0 TC', 'TOO_LARGE']);
  });

  it('keeps together what is of one RRset, wherever its records stand', () => {
    const message = response('a.example', {
      answers: [a('c.example'), a('A.example', 1), aaaa('a.example'), a('a.example', 2), aaaa('A.EXAMPLE')],
    });
    expect(cuts(message)).toEqual(['5 0 0 opt', '1 0 0 opt TC', '0 0 0 opt TC', 'TOO_LARGE']);
  });

  it('takes the same name with another type or class for another RRset', () => {
    const message = response('a.example', {
      answers: [
        a('a.example'),
        record('a.example', 'TXT', { strings: [hex('"x"')] }),
        { ...record('a.example', 'TXT', { strings: [hex('"x"')] }), class: 'CH' },
      ],
    });
    expect(cuts(message)).toEqual(['3 0 0 opt', '2 0 0 opt TC', '1 0 0 opt TC', '0 0 0 opt TC', 'TOO_LARGE']);
  });

  it('sets TC where a referral loses glue that lies inside the zone (RFC 9471)', () => {
    const referral = (target: string) =>
      response('www.sub.example', {
        isAuthoritative: false,
        authorities: [ns('sub.example', target)],
        additionals: [a(target)],
      });
    expect(cuts(referral('ns.sub.example'))).toEqual([
      '0 1 1 opt',
      '0 1 0 opt TC',
      '0 0 0 opt TC',
      'TOO_LARGE',
    ]);
    expect(cuts(referral('ns.other.example'))).toEqual([
      '0 1 1 opt',
      '0 1 0 opt',
      '0 0 0 opt TC',
      'TOO_LARGE',
    ]);
  });

  it('takes only a referral for one: no answers, no authority of its own', () => {
    const parts = { authorities: [ns('sub.example', 'ns.sub.example')], additionals: [a('ns.sub.example')] };
    const whole = [
      response('sub.example', { ...parts, isAuthoritative: true }),
      response('sub.example', { ...parts, isAuthoritative: false, answers: [a('sub.example')] }),
    ];
    for (const message of whole) {
      expect(decode(encode(message, { maxSize: encode(message).length - 1 })).isTruncated).toBe(false);
    }
  });

  it('leaves TC alone where it was set', () => {
    const message = response('a.example', { isTruncated: true, additionals: [a('b.example')] });
    expect(cuts(message)).toEqual(['0 0 1 opt TC', '0 0 0 opt TC', 'TOO_LARGE']);
  });

  it('keeps the options of EDNS and the upper bits of the response code', () => {
    const message: Message = {
      ...response('a.example', { rcode: 'BADCOOKIE', answers: [a('a.example')] }),
      edns: {
        udpPayloadSize: 1232,
        version: 0,
        dnssecOk: true,
        options: [{ code: 10, data: new Uint8Array(40) }],
      },
    };
    const cut = decode(encode(message, { maxSize: encode(message).length - 1 }));
    expect(cut).toEqual({ ...message, answers: [], isTruncated: true });
  });

  it('cuts messages beyond 65,535 bytes when it is 65,535 or more', () => {
    const big = Array.from({ length: 4 }, (_, index) =>
      record(`${String(index)}.example`, 'TYPE65280', { bytes: new Uint8Array(20_000) }),
    );
    for (const maxSize of [65_535, 100_000, Infinity]) {
      const cut = decode(encode(response('example', { answers: big }), { maxSize }));
      expect(shape(cut)).toBe('3 0 0 opt TC');
    }
  });

  it('cuts an answer of thousands of RRsets, and all of an RRset that is too large', () => {
    const many = Array.from({ length: 4000 }, (_, index) => a(`h${String(index)}.example`));
    expect(
      decode(encode(response('example', { answers: many }), { maxSize: 512 })).answers.length,
    ).toBeGreaterThan(15);
    const one = Array.from({ length: 200 }, (_, index) => a('example', index));
    expect(shape(decode(encode(response('example', { answers: one }), { maxSize: 512 })))).toBe(
      '0 0 0 opt TC',
    );
  });

  it('compresses what is left against what is left', () => {
    // ns.example stands first in a record that is cut; the pointer to it must not survive.
    const message = response('a.test', {
      answers: [a('a.test')],
      authorities: [ns('test', 'ns.example'), ns('test', 'n2.example')],
    });
    const cut = decode(encode(message, { maxSize: encode(message).length - 1 }));
    expect(cut).toEqual({ ...message, authorities: [], isTruncated: true });
  });

  it.each([11, 0, -1, Number.NaN])('of %d is a usage error', (maxSize) => {
    expect(() => encode(response('.', {}), { maxSize })).toThrow(
      expect.objectContaining({ code: 'BAD_ARGUMENT' }),
    );
  });
});
