import type { WireReader } from '../wire/reader.ts';

/**
 * Types that stay bytes here, but whose names may come compressed (RFC 1035 3.3, RFC 3597 4): their bytes are given with the names
 * written out, as a pointer means nothing outside its message.
 *
 * Fields in their order: `n` a name, `s` a string behind its length, a digit that many bytes, `*` the rest.
 */
const layouts: ReadonlyMap<number, string> = new Map([
  [3, 'n'], // MD
  [4, 'n'], // MF
  [7, 'n'], // MB
  [8, 'n'], // MG
  [9, 'n'], // MR
  [14, 'nn'], // MINFO
  [17, 'nn'], // RP
  [18, '2n'], // AFSDB
  [21, '2n'], // RT
  [24, '99n*'], // SIG
  [26, '2nn'], // PX
  [30, 'n*'], // NXT
  [35, '4sssn'], // NAPTR
]);

/** The RDATA, up to the reader's limit, without compression; of most types a view of the message. */
export function readUnknown(reader: WireReader, type: number): Uint8Array {
  const layout = layouts.get(type);
  if (layout === undefined || reader.offset === reader.limit) return reader.rest();
  const parts: Uint8Array[] = [];
  for (const field of layout) {
    if (field === 'n') parts.push(reader.name().toBytes());
    else if (field === '*') parts.push(reader.rest());
    else if (field === 's') parts.push(readString(reader));
    else parts.push(reader.take(Number(field)));
  }
  return join(parts);
}

function readString(reader: WireReader): Uint8Array {
  reader.need(1);
  return reader.take(1 + (reader.bytes[reader.offset] as number));
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
