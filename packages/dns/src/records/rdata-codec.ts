import type { WireReader } from '../wire/reader.ts';
import type { WireWriter } from '../wire/writer.ts';

/** One type's data and its bytes. Families of them are in the `*-wire.ts` files beside; the table is in `rdata-wire.ts`. */
export interface RdataCodec<Data> {
  /** Reads up to the reader's limit, the end of the RDATA. @throws DnsFormatError `BAD_RDATA`. */
  read(reader: WireReader): Data;
  /** Writes the RDATA without its length. @throws DnsUsageError `BAD_RECORD`. */
  write(writer: WireWriter, data: Data): void;
}
