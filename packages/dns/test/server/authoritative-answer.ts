import { expect } from 'vitest';
import { decode, encode, type Message, type QueryOptions } from '../../src/message/index.ts';
import type { AuthoritativeHandler } from '../../src/server/authoritative.ts';
import { lines } from '../zone/text.ts';

/** The handler's answer, after a journey over the wire: what cannot be sent is no answer. */
export function ask(handler: AuthoritativeHandler, asked: Message): Message {
  const answer = handler(asked);
  if (answer === undefined) expect.fail('no answer');
  return decode(encode(answer));
}

/** A message as RFC 1034 6.2 draws it. */
export interface Sections {
  flags: string;
  answer: string[];
  authority: string[];
  additional: string[];
}

export function sections(answer: Message): Sections {
  const { isAuthoritative, rcode, answers, authorities, additionals } = answer;
  return {
    flags: [...(isAuthoritative ? ['AA'] : []), rcode].join(' '),
    answer: lines(answers),
    authority: lines(authorities),
    additional: lines(additionals),
  };
}

/** A query without RD and EDNS. */
export const plain: QueryOptions = { id: 1, recursionDesired: false, edns: undefined };

/** An authoritative answer of no records. */
export const nothing: Sections = { flags: 'AA NOERROR', answer: [], authority: [], additional: [] };
