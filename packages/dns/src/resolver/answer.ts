import type { Message, Question } from '../message/message.ts';
import type { Name } from '../name.ts';
import type { DataOf, RecordOf, RecordType, ResourceRecord, TargetData } from '../records/record.ts';
import { DnsResolveError } from './errors.ts';

/** What a name has of one type. */
export interface Resolution<Type extends RecordType> {
  /** The owner of the records: the name asked for, or where its aliases lead. */
  readonly name: Name;
  /** The names on the way there, the one asked for first; empty where it is no alias. */
  readonly aliases: readonly Name[];
  /** The data of the records, at least one, in the server's order. */
  readonly records: readonly DataOf<Type>[];
  /** Seconds for which all of it holds: the least TTL of the records and the aliases. */
  readonly ttl: number;
}

/** BIND and Unbound follow 11: what is longer, a recursive server would not have put together. */
const maxAliases = 16;

/**
 * The answer to `question` in a response of NOERROR or NXDOMAIN. Only the records of the name, and of where its aliases lead, count:
 * others in the answer are the server's own idea, and dropped.
 *
 * @throws DnsResolveError `NXDOMAIN` and `NODATA` with the negative TTL; `BAD_RESPONSE` for aliases in a ring, or more than 16.
 */
export function readAnswer<Type extends RecordType>(
  response: Message,
  question: Question & { readonly type: Type },
  server?: string,
): Resolution<Type> {
  const byOwner = groupByOwner(response.answers, question);
  const aliases: Name[] = [];
  const seen = new Set<string>();
  let { name } = question;
  let ttl = Infinity;
  for (;;) {
    const records: DataOf<Type>[] = [];
    let alias: RecordOf<'CNAME', TargetData> | undefined;
    for (const record of byOwner.get(name.key) ?? []) {
      if (record.type === question.type) {
        records.push(record.data as DataOf<Type>);
        ttl = Math.min(ttl, record.ttl);
      } else if (record.type === 'CNAME') alias ??= record as RecordOf<'CNAME', TargetData>;
    }
    if (records.length > 0) return { name, aliases, records, ttl };
    if (alias === undefined) throw noSuch(response, question, name, ttl, server);
    seen.add(name.key);
    aliases.push(name);
    name = alias.data.target;
    ttl = Math.min(ttl, alias.ttl);
    if (seen.has(name.key)) throw badAliases('an alias that leads back to itself', question, server);
    if (aliases.length > maxAliases) {
      throw badAliases(`more than ${String(maxAliases)} aliases`, question, server);
    }
  }
}

function groupByOwner(
  records: readonly ResourceRecord[],
  question: Question,
): ReadonlyMap<string, readonly ResourceRecord[]> {
  const groups = new Map<string, ResourceRecord[]>();
  for (const record of records) {
    if (record.class !== question.class) continue;
    const group = groups.get(record.name.key);
    if (group === undefined) groups.set(record.name.key, [record]);
    else group.push(record);
  }
  return groups;
}

/** The response code is about the last name of the chain (RFC 6604 3). */
function noSuch(
  response: Message,
  question: Question,
  name: Name,
  ttl: number,
  server: string | undefined,
): DnsResolveError {
  const isNameError = response.rcode === 'NXDOMAIN';
  const via = name.equals(question.name) ? '' : `, which it is an alias of (${name.toString()}),`;
  return new DnsResolveError(
    isNameError ? 'NXDOMAIN' : 'NODATA',
    isNameError ? `the name${via} does not exist` : `the name${via} has no such records`,
    { question, server, ttl: negativeTtl(response, question, name, ttl) },
  );
}

/** RFC 2308 5: the lesser of the SOA record's TTL and its last field. A SOA record of a zone that `name` is not in says nothing. */
function negativeTtl(response: Message, question: Question, name: Name, ttl: number): number | undefined {
  for (const record of response.authorities) {
    if (record.type === 'SOA' && record.class === question.class && name.isWithin(record.name)) {
      return Math.min(ttl, record.ttl, record.data.minimum);
    }
  }
  return undefined;
}

function badAliases(fault: string, question: Question, server: string | undefined): DnsResolveError {
  return new DnsResolveError('BAD_RESPONSE', fault, { question, server });
}
