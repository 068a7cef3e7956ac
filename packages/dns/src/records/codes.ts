import { DnsUsageError } from '../errors.ts';
import type { KnownType, QuestionType, RecordClass, RecordType } from './record.ts';

/** What a message asks for (RFC 1035 4.1.1; registry "DNS OpCodes"). */
export type Opcode = 'QUERY' | 'IQUERY' | 'STATUS' | 'NOTIFY' | 'UPDATE' | `OPCODE${number}`;

/** How it went: 12 bits, the upper 8 of which travel in OPT (RFC 6895 2.3). 16 is `BADVERS`, which TSIG calls BADSIG. */
export type Rcode =
  | 'NOERROR'
  | 'FORMERR'
  | 'SERVFAIL'
  | 'NXDOMAIN'
  | 'NOTIMP'
  | 'REFUSED'
  | 'YXDOMAIN'
  | 'YXRRSET'
  | 'NXRRSET'
  | 'NOTAUTH'
  | 'NOTZONE'
  | 'DSOTYPENI'
  | 'BADVERS'
  | 'BADKEY'
  | 'BADTIME'
  | 'BADMODE'
  | 'BADNAME'
  | 'BADALG'
  | 'BADTRUNC'
  | 'BADCOOKIE'
  | `RCODE${number}`;

const types: Readonly<Record<KnownType | 'ANY' | 'AXFR' | 'IXFR', number>> = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  DNAME: 39,
  DS: 43,
  RRSIG: 46,
  NSEC: 47,
  DNSKEY: 48,
  SVCB: 64,
  HTTPS: 65,
  IXFR: 251,
  AXFR: 252,
  ANY: 255,
  CAA: 257,
};
const classes: Readonly<Record<string, number>> = { IN: 1, CH: 3, HS: 4, NONE: 254, ANY: 255 };
const opcodes: Readonly<Record<string, number>> = { QUERY: 0, IQUERY: 1, STATUS: 2, NOTIFY: 4, UPDATE: 5 };
const rcodes: Readonly<Record<string, number>> = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
  YXDOMAIN: 6,
  YXRRSET: 7,
  NXRRSET: 8,
  NOTAUTH: 9,
  NOTZONE: 10,
  DSOTYPENI: 11,
  BADVERS: 16,
  BADKEY: 17,
  BADTIME: 18,
  BADMODE: 19,
  BADNAME: 20,
  BADALG: 21,
  BADTRUNC: 22,
  BADCOOKIE: 23,
};

/** A registry both ways, with the names that RFC 3597 5 builds for numbers which have none: `TYPE65280`. */
class CodeTable<Text extends string> {
  readonly #prefix: string;
  readonly #max: number;
  readonly #numbers: Map<string, number>;
  readonly #names: (Text | undefined)[];

  constructor(prefix: string, max: number, table: Readonly<Record<string, number>>) {
    this.#prefix = prefix;
    this.#max = max;
    this.#numbers = new Map(Object.entries(table));
    this.#names = new Array<undefined>(260).fill(undefined);
    for (const [name, number] of this.#numbers) this.#names[number] = name as Text;
  }

  nameOf(number: number): Text {
    return this.#names[number] ?? this.numbered(number);
  }

  numbered(number: number): Text {
    return `${this.#prefix}${String(number)}` as Text;
  }

  numberOf(name: string): number {
    return this.#numbers.get(name) ?? this.#parse(name);
  }

  /** `undefined` for what is no name of the table. */
  find(name: string): number | undefined {
    const known = this.#numbers.get(name);
    if (known !== undefined) return known;
    const digits = name.startsWith(this.#prefix) ? name.slice(this.#prefix.length) : '';
    const number = /^(?:0|[1-9]\d{0,4})$/.test(digits) ? Number(digits) : this.#max + 1;
    return number <= this.#max ? number : undefined;
  }

  #parse(name: string): number {
    const number = this.find(name);
    if (number !== undefined) return number;
    throw new DnsUsageError('BAD_ARGUMENT', `${JSON.stringify(name)} is no ${this.#prefix.toLowerCase()}`);
  }
}

const typeTable = new CodeTable<QuestionType>('TYPE', 0xffff, types);
const classTable = new CodeTable<RecordClass>('CLASS', 0xffff, classes);
const opcodeTable = new CodeTable<Opcode>('OPCODE', 15, opcodes);
const rcodeTable = new CodeTable<Rcode>('RCODE', 0xfff, rcodes);

/** The name of a type: `'MX'`, `'ANY'`, or `'TYPE65280'` for one without a name here. */
export function typeName(number: number): QuestionType {
  return typeTable.nameOf(number);
}

/** The number of a type, `TYPE15` understood as well as `MX`; case counts. @throws DnsUsageError `BAD_ARGUMENT`. */
export function typeNumber(name: QuestionType): number {
  return typeTable.numberOf(name);
}

/** As {@link typeNumber}, in any case and for text of unknown origin: `undefined` where it names no type. */
export function findType(text: string): number | undefined {
  return typeTable.find(text.toUpperCase());
}

/** The name that RFC 3597 gives any type: `'TYPE15'`. Such a record's data is bytes. */
export function unknownTypeName(number: number): `TYPE${number}` {
  return typeTable.numbered(number) as `TYPE${number}`;
}

/** The name of a type in a record: of the questions ANY, AXFR and IXFR, which none has, `TYPE255` and so on. */
export function recordTypeName(number: number): RecordType {
  const name = typeTable.nameOf(number);
  return name === 'ANY' || name === 'AXFR' || name === 'IXFR' ? unknownTypeName(number) : name;
}

/** Whether records of the type can exist: the questions ANY, AXFR and IXFR are none, nor is `TYPE41`, OPT. */
export function isRecordType(type: QuestionType): type is RecordType {
  return type !== 'ANY' && type !== 'AXFR' && type !== 'IXFR' && type !== 'TYPE41';
}

/** The name of a class: `'IN'`, or `'CLASS42'`. */
export function className(number: number): RecordClass {
  return classTable.nameOf(number);
}

/** @throws DnsUsageError `BAD_ARGUMENT`. */
export function classNumber(name: RecordClass): number {
  return classTable.numberOf(name);
}

/** As {@link classNumber}, in any case: `undefined` where the text names no class. */
export function findClass(text: string): number | undefined {
  return classTable.find(text.toUpperCase());
}

/** The name of an opcode of 4 bits. */
export function opcodeName(number: number): Opcode {
  return opcodeTable.nameOf(number);
}

/** @throws DnsUsageError `BAD_ARGUMENT`. */
export function opcodeNumber(name: Opcode): number {
  return opcodeTable.numberOf(name);
}

/** The name of a response code of 12 bits. */
export function rcodeName(number: number): Rcode {
  return rcodeTable.nameOf(number);
}

/** @throws DnsUsageError `BAD_ARGUMENT`. */
export function rcodeNumber(name: Rcode): number {
  return rcodeTable.numberOf(name);
}
