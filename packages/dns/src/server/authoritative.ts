import type { Message, Question } from '../message/message.ts';
import { respond } from '../message/query.ts';
import type { Rcode } from '../records/codes.ts';
import type { Name } from '../name.ts';
import type { ResourceRecord } from '../records/record.ts';
import type { Lookup } from '../zone/lookup.ts';
import type { Zone } from '../zone/zone.ts';
import { ZoneTable } from './zone-table.ts';

/** Answers from zones: the answer to a query; `undefined` for a response, which nobody answers. */
export type AuthoritativeHandler = (query: Message) => Message | undefined;

/**
 * How often an alias may lead on from one zone into another. Zones that alias each other would go on for ever; longer chains are the
 * resolver's to follow.
 */
const maxZonesFollowed = 8;

/**
 * A handler that answers from `zones`, each question from the one with the longest name that it is within (RFC 1034 4.3.2).
 *
 * | query | response |
 * |---|---|
 * | EDNS of another version than 0 | BADVERS |
 * | another opcode than QUERY | NOTIMP |
 * | not exactly one question | FORMERR |
 * | another class than IN, ANY as well | REFUSED |
 * | AXFR, IXFR | REFUSED |
 * | a name in none of the zones | REFUSED |
 *
 * All others get what {@link Zone.lookup} finds, with AA but for referrals; an alias is followed from zone to zone. The addresses of
 * NS, MX, SRV, SVCB and HTTPS targets come along as far as the zone has them. With DO, signatures and proofs come along. Nothing is cut
 * to a size here: `encode` does that.
 *
 * @throws DnsUsageError `BAD_ARGUMENT` for two zones of one name, and for one of another class than IN.
 */
export function authoritative(zones: Iterable<Zone>): AuthoritativeHandler {
  const table = new ZoneTable(zones);
  return (query) => {
    if (query.isResponse) return undefined;
    if (query.edns !== undefined && query.edns.version !== 0) return respond(query, { rcode: 'BADVERS' });
    if (query.opcode !== 'QUERY') return respond(query, { rcode: 'NOTIMP' });
    const [question] = query.questions;
    if (question === undefined || query.questions.length > 1) return respond(query, { rcode: 'FORMERR' });
    if (question.class !== 'IN' || question.type === 'AXFR' || question.type === 'IXFR') {
      return respond(query, { rcode: 'REFUSED' });
    }
    const zone = table.find(question.name, question.type);
    if (zone === undefined) return respond(query, { rcode: 'REFUSED' });
    return respond(query, answer(table, question, zone, query.edns?.dnssecOk === true));
  };
}

type Records = readonly ResourceRecord[];

const noRecords: Records = [];

/** What was found, and what the zones that led there had said: aliases, and with DO proofs. */
interface Found {
  readonly found: Lookup;
  readonly aliases: Records;
  readonly proofs: Records;
}

function answer(table: ZoneTable, question: Question, zone: Zone, dnssec: boolean): Partial<Message> {
  const { found, aliases, proofs } = follow(table, question, zone, dnssec);
  const answers = joined(aliases, aliasesOf(found));
  const additionals = addressesOf(answers, table);
  const authorities = joined(proofs, authoritiesOf(found));
  return {
    // AA is said of the first owner (RFC 1035 4.1.1): of an alias too that leads to a referral.
    isAuthoritative: found.kind !== 'delegation' || answers.length > 0,
    rcode: rcodes[found.kind],
    answers,
    authorities,
    additionals: found.kind === 'delegation' ? joined(found.glue, additionals) : additionals,
  };
}

/** Looks the question up, in one zone after the other as long as aliases lead on. */
function follow(table: ZoneTable, { name, type }: Question, first: Zone, dnssec: boolean): Found {
  let zone = first;
  let found = zone.lookup(name, type, { dnssec });
  let aliases = noRecords;
  let proofs = noRecords;
  let asked: Name[] | undefined;
  for (let target = onward(found); target !== undefined; target = onward(found)) {
    const next = target;
    const other = table.find(next, type);
    asked ??= [name];
    const isNew = !asked.some((before) => before.equals(next)) && asked.length <= maxZonesFollowed;
    if (other === undefined || other === zone || !isNew) break;
    aliases = joined(aliases, aliasesOf(found));
    if (found.kind === 'answer') proofs = joined(proofs, found.proof);
    asked.push(next);
    zone = other;
    found = zone.lookup(next, type, { dnssec });
  }
  return { found, aliases, proofs };
}

const rcodes: Readonly<Record<Lookup['kind'], Rcode>> = {
  answer: 'NOERROR',
  delegation: 'NOERROR',
  'no-data': 'NOERROR',
  'name-error': 'NXDOMAIN',
  'name-too-long': 'YXDOMAIN',
  'not-in-zone': 'REFUSED',
};

function authoritiesOf(found: Lookup): Records {
  switch (found.kind) {
    case 'answer':
      return found.proof;
    case 'delegation':
      return joined(found.nameServers, found.proof);
    case 'no-data':
    case 'name-error':
      return [found.soa, ...found.proof];
    case 'name-too-long':
    case 'not-in-zone':
      return noRecords;
  }
}

/** Usually one of them is empty, and the other, which the zone holds, is as good as a copy. */
function joined(one: Records, other: Records): Records {
  return one.length === 0 ? other : other.length === 0 ? one : one.concat(other);
}

/** The addresses of what the records name, each once (RFC 1035 3.3.9 and 3.3.11, RFC 2782, RFC 9460 4.1). */
function addressesOf(answers: Records, table: ZoneTable): Records {
  let addresses = noRecords;
  let seen: Set<string> | undefined;
  for (const record of answers) {
    const target = hostOf(record);
    if (target === undefined || seen?.has(target.key) === true) continue;
    (seen ??= new Set()).add(target.key);
    const glue = record.type === 'NS';
    const found = table.find(target, 'A')?.addresses(target, { glue }) ?? noRecords;
    addresses = joined(addresses, found);
  }
  return addresses;
}

function hostOf(record: ResourceRecord): Name | undefined {
  const { type, data } = record;
  if (type === 'NS' || type === 'SRV') return data.target;
  if (type === 'MX') return data.exchange;
  if (type !== 'SVCB' && type !== 'HTTPS') return undefined;
  // A root for a target is the owner itself, but of an alias: that has none (RFC 9460 2.5).
  return data.priority > 0 && data.target.labelCount === 0 ? record.name : data.target;
}

function aliasesOf(found: Lookup): readonly ResourceRecord[] {
  if (found.kind === 'answer') return found.records;
  return found.kind === 'not-in-zone' ? [] : found.aliases;
}

/** Where an alias leads: out of the zone, or below a cut of it. */
function onward(found: Lookup): Name | undefined {
  if (found.kind === 'answer') return found.next;
  if (found.kind !== 'delegation') return undefined;
  const last = found.aliases.findLast((record) => record.type === 'CNAME');
  return last?.type === 'CNAME' ? last.data.target : undefined;
}
