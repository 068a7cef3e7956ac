import type { Name } from '../name.ts';
import type { Opcode, Rcode } from '../records/codes.ts';
import type { QuestionType, RecordClass, ResourceRecord } from '../records/record.ts';

/** The flags of a message (RFC 1035 4.1.1, RFC 4035 3). */
export interface Header {
  /** 16 bits. */
  readonly id: number;
  /** QR */
  readonly isResponse: boolean;
  readonly opcode: Opcode;
  /** AA */
  readonly isAuthoritative: boolean;
  /** TC */
  readonly isTruncated: boolean;
  /** RD */
  readonly recursionDesired: boolean;
  /** RA */
  readonly recursionAvailable: boolean;
  /** AD */
  readonly isAuthenticData: boolean;
  /** CD */
  readonly checkingDisabled: boolean;
  /** Of a whole message all 12 bits, those in OPT included (RFC 6891 6.1.3). */
  readonly rcode: Rcode;
}

/** A DNS message (RFC 1035 4). Of an UPDATE, the sections are zone, prerequisites, changes and additional data (RFC 2136 2). */
export interface Message extends Header {
  readonly questions: readonly Question[];
  readonly answers: readonly ResourceRecord[];
  readonly authorities: readonly ResourceRecord[];
  /** Without OPT, which is {@link edns}. */
  readonly additionals: readonly ResourceRecord[];
  readonly edns: Edns | undefined;
}

export interface Question {
  readonly name: Name;
  readonly type: QuestionType;
  readonly class: RecordClass;
}

/** What OPT says (RFC 6891 6.1). The response code's upper bits are part of the message's `rcode`. */
export interface Edns {
  /** The largest UDP payload that the sender takes, bytes. Below 512 counts as 512; here it is what was said. */
  readonly udpPayloadSize: number;
  /** 0: there is no other. A server answers others with BADVERS. */
  readonly version: number;
  /** DO (RFC 3225). */
  readonly dnssecOk: boolean;
  /** The 15 bits behind DO, absent where they are 0, as they should be. */
  readonly reservedFlags?: number;
  readonly options: readonly EdnsOption[];
}

/** One option, its data in wire form: see the registry "DNS EDNS0 Option Codes". */
export interface EdnsOption {
  readonly code: number;
  readonly data: Uint8Array;
}
