import { describe, expect, it } from 'vitest';
import { Name, query, respond, type Message } from '../../src/message/index.ts';
import { readAnswer } from '../../src/resolver/answer.ts';
import { answer, records } from './scripted-server.ts';

const question = { name: Name.parse('www.example.com'), type: 'A', class: 'IN' } as const;
const asked = query('www.example.com', 'A', { id: 1 });
const soa = 'example.com. 900 IN SOA ns hostmaster 1 2 3 4 300';

describe('readAnswer', () => {
  it('has the records of the name, with the least TTL', () => {
    const response = answer(
      asked,
      'WWW.example.com. 60 IN A 192.0.2.1',
      'www.example.com. 50 IN A 192.0.2.2',
    );
    expect(readAnswer(response, question)).toEqual({
      name: question.name,
      aliases: [],
      records: [{ address: '192.0.2.1' }, { address: '192.0.2.2' }],
      ttl: 50,
    });
  });

  it('follows aliases in any order, and the least TTL is theirs where it is', () => {
    const response = answer(
      asked,
      'c.example.net. 60 IN A 192.0.2.1',
      'b.example.org. 7 IN CNAME C.example.NET.',
      'www.example.com. 50 IN CNAME b.example.org.',
    );
    expect(readAnswer(response, question)).toEqual({
      name: Name.parse('C.example.NET'),
      aliases: [question.name, Name.parse('b.example.org')],
      records: [{ address: '192.0.2.1' }],
      ttl: 7,
    });
  });

  it('drops records of other names, types and classes', () => {
    const response = answer(
      asked,
      'www.example.com. 60 IN A 192.0.2.1',
      'bank.example. 1 IN A 203.0.113.66',
      'example.com. 1 IN A 203.0.113.66',
      'www.example.com. 1 IN AAAA 2001:db8::66',
      'www.example.com. 1 IN TXT "drop me"',
      'www.example.com. 1 CH A \\# 4 cb007142',
    );
    expect(readAnswer(response, question)).toMatchObject({ records: [{ address: '192.0.2.1' }], ttl: 60 });
  });

  it('gives the alias itself to who asks for it', () => {
    const response = answer(asked, 'www.example.com. 50 IN CNAME b.example.org.');
    expect(readAnswer(response, { ...question, type: 'CNAME' }).records).toEqual([
      { target: Name.parse('b.example.org') },
    ]);
  });

  it.each([1, 2, 16])('refuses a ring of %i aliases', (length) => {
    const ring = Array.from({ length }, (_, index) => {
      const owner = index === 0 ? 'www.example.com.' : `${String(index)}.example.`;
      return `${owner} 60 IN CNAME ${index === length - 1 ? 'WWW.example.com.' : `${String(index + 1)}.example.`}`;
    });
    expect(() => readAnswer(answer(asked, ...ring), question)).toThrow(
      expect.objectContaining({ code: 'BAD_RESPONSE' }),
    );
  });

  it('follows 16 aliases and not one more', () => {
    const chain = (length: number): Message =>
      answer(
        asked,
        'www.example.com. 60 IN CNAME 1.example.',
        ...Array.from(
          { length: length - 1 },
          (_, index) => `${String(index + 1)}.example. 60 IN CNAME ${String(index + 2)}.example.`,
        ),
        `${String(length)}.example. 60 IN A 192.0.2.1`,
      );
    expect(readAnswer(chain(16), question).aliases).toHaveLength(16);
    expect(() => readAnswer(chain(17), question)).toThrow(expect.objectContaining({ code: 'BAD_RESPONSE' }));
  });

  it.each([
    ['NXDOMAIN', 'NXDOMAIN'],
    ['NOERROR', 'NODATA'],
  ] as const)('says %s as %s with the negative TTL', (rcode, code) => {
    const response = respond(asked, { rcode, authorities: records(soa) });
    expect(() => readAnswer(response, question, '192.0.2.1:53')).toThrow(
      expect.objectContaining({ name: 'DnsResolveError', code, ttl: 300, question, server: '192.0.2.1:53' }),
    );
  });

  it.each([
    ['example.com. 200 IN SOA ns hostmaster 1 2 3 4 300', 200],
    ['example.org. 200 IN SOA ns hostmaster 1 2 3 4 300', undefined],
    ['example.com. 200 IN NS ns.example.com.', undefined],
    ['example.com. 200 CH SOA ns hostmaster 1 2 3 4 300', undefined],
  ])('with %j it has the TTL %s', (authority, ttl) => {
    const response = respond(asked, { rcode: 'NXDOMAIN', authorities: records(authority) });
    expect(() => readAnswer(response, question)).toThrow(expect.objectContaining({ code: 'NXDOMAIN', ttl }));
  });

  it('remembers what an alias leads to no longer than the alias', () => {
    const response = respond(asked, {
      rcode: 'NXDOMAIN',
      answers: records('www.example.com. 20 IN CNAME gone.example.com.'),
      authorities: records(soa),
    });
    expect(() => readAnswer(response, question)).toThrow(
      expect.objectContaining({
        code: 'NXDOMAIN',
        ttl: 20,
        message: expect.stringContaining('gone.example.com.') as string,
      }),
    );
  });
});
