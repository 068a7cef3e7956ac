import type { Fields } from './fields.ts';

/** One type's data and its text. Families of them are in the `*-text.ts` files beside; the table is in `record-text.ts`. */
export interface RdataText<Data> {
  /** Reads all fields of the data. @throws ZoneFileError */
  parse(fields: Fields): Data;
  /** The fields in one line, names absolute. */
  format(data: Data): string;
}
