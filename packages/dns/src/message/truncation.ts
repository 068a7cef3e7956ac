import type { ResourceRecord } from '../records/record.ts';
import type { Message } from './message.ts';

export type Section = 'answers' | 'authorities' | 'additionals';

/**
 * The message that is left where only the first `fitting` records of a section fit, and nothing behind it: without the RRsets that would
 * be cut in two, with TC where what was asked for is missing (RFC 2181 9). Fewer records than before, always.
 */
export function shorten(message: Message, section: Section, fitting: number): Message {
  const kept = wholeRrsets(message[section], fitting);
  switch (section) {
    case 'answers':
      return { ...message, isTruncated: true, answers: kept, authorities: [], additionals: [] };
    case 'authorities':
      return { ...message, isTruncated: true, authorities: kept, additionals: [] };
    case 'additionals': {
      const isTruncated = message.isTruncated || hasGlue(message, kept.length);
      return { ...message, isTruncated, additionals: kept };
    }
  }
}

/** As many of the first `fitting` records as share no RRset with one behind them. */
function wholeRrsets(records: readonly ResourceRecord[], fitting: number): ResourceRecord[] {
  const firstOfSet = new Map<string, number>();
  const first = records.map((record, index) => {
    const rrset = `${record.type} ${record.class} ${record.name.key}`;
    const before = firstOfSet.get(rrset);
    if (before === undefined) firstOfSet.set(rrset, index);
    return before ?? index;
  });
  let end = fitting;
  // Each set left out may begin further to the front, and leave out what follows there.
  for (let index = records.length - 1; index >= end; index--) end = Math.min(end, first[index] as number);
  return records.slice(0, end);
}

/**
 * Whether the additional records from `from` on have addresses of a referral's name servers inside the zone that it leads to: without
 * those nobody can follow it, so TC must be set (RFC 9471 3.1).
 */
function hasGlue({ isAuthoritative, answers, authorities, additionals }: Message, from: number): boolean {
  if (isAuthoritative || answers.length > 0) return false;
  const servers = new Set<string>();
  for (const record of authorities) {
    if (record.type === 'NS' && record.data.target.isWithin(record.name)) servers.add(record.data.target.key);
  }
  return additionals
    .slice(from)
    .some(({ type, name }) => (type === 'A' || type === 'AAAA') && servers.has(name.key));
}
