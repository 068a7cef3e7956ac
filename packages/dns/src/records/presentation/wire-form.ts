import { writeRecord } from '../rdata-wire.ts';
import type { ResourceRecord } from '../record.ts';
import { WireWriter } from '../../wire/writer.ts';

const writer = new WireWriter();
/** Type, class, TTL, RDLENGTH. */
const headBytes = 10;

/** Does nothing for a record that a message can carry. @throws DnsUsageError `BAD_RECORD`, `BAD_ARGUMENT` for one that none can. */
export function checkRecord(record: ResourceRecord): void {
  writer.begin(false);
  try {
    writeRecord(writer, record, record.class === 'ANY' || record.class === 'NONE');
  } finally {
    writer.restart();
  }
}

/** The data in wire form, without compression: a copy. @throws DnsUsageError as {@link checkRecord}. */
export function dataBytes(record: ResourceRecord): Uint8Array {
  writer.begin(false);
  try {
    writeRecord(writer, record, record.class === 'ANY' || record.class === 'NONE');
    return writer.bytes.slice(writer.start + record.name.byteLength + headBytes, writer.at);
  } finally {
    writer.restart();
  }
}
