import { findType } from '../codes.ts';

/**
 * Mnemonics of the registry "Resource Record (RR) TYPEs" whose data stays bytes here. They are read, as other servers write them in
 * NSEC and RRSIG records and before data in the generic form; what is written is `TYPE13`, which all of them read.
 */
const others: ReadonlyMap<string, number> = new Map(
  Object.entries({
    ...{
      MD: 3,
      MF: 4,
      MB: 7,
      MG: 8,
      MR: 9,
      NULL: 10,
      WKS: 11,
      HINFO: 13,
      MINFO: 14,
      RP: 17,
      AFSDB: 18,
      X25: 19,
    },
    ...{ ISDN: 20, RT: 21, NSAP: 22, 'NSAP-PTR': 23, SIG: 24, KEY: 25, PX: 26, GPOS: 27, LOC: 29, NXT: 30 },
    ...{ EID: 31, NIMLOC: 32, ATMA: 34, NAPTR: 35, KX: 36, CERT: 37, A6: 38, SINK: 40, APL: 42, SSHFP: 44 },
    ...{
      IPSECKEY: 45,
      DHCID: 49,
      NSEC3: 50,
      NSEC3PARAM: 51,
      TLSA: 52,
      SMIMEA: 53,
      HIP: 55,
      NINFO: 56,
      RKEY: 57,
    },
    ...{
      TALINK: 58,
      CDS: 59,
      CDNSKEY: 60,
      OPENPGPKEY: 61,
      CSYNC: 62,
      ZONEMD: 63,
      SPF: 99,
      UINFO: 100,
      UID: 101,
    },
    ...{ GID: 102, UNSPEC: 103, NID: 104, L32: 105, L64: 106, LP: 107, EUI48: 108, EUI64: 109, URI: 256 },
    ...{ AVC: 258, DOA: 259, AMTRELAY: 260, RESINFO: 261, WALLET: 262, TA: 32_768, DLV: 32_769 },
  }),
);

/** The number of a type, by mnemonic in any case or as `TYPE123`; `undefined` for text that names none. */
export function typeNumberOf(text: string): number | undefined {
  return findType(text) ?? others.get(text.toUpperCase());
}
