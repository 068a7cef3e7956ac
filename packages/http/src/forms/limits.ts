import { HttpUsageError } from '../errors.ts';

/** What a form may cost before it is refused. Bytes are counted as they are sent, escapes and all. */
export interface FormLimits {
  /** Parts of a form, or its pairs. Default 1,000 (Werkzeug, Django, PHP; busboy has no limit); above: `TOO_MANY_PARTS`. */
  readonly maxParts: number;
  /** The head of a part, bytes. Default 16,384, as that of a request (busboy 16 KiB, Go 10 MB of all); above: `PART_HEAD_TOO_LARGE`. */
  readonly maxPartHeadBytes: number;
  /** Fields in the head of a part. Default 32 (browsers send two; busboy 2,000); above: `PART_HEAD_TOO_LARGE`. */
  readonly maxPartHeadFields: number;
  /** The name of a field, bytes. Default 1,024 (busboy 100); above: `NAME_TOO_LONG`. */
  readonly maxNameBytes: number;
  /** The value of a field that is no file, bytes. Default 1 MiB (busboy 1 MiB, Werkzeug 500 kB); above: `FIELD_TOO_LARGE`. */
  readonly maxFieldBytes: number;
  /** A file, bytes. Default 10 MiB (PHP 2 MB, nginx 1 MB a body; busboy has no limit); above: `FILE_TOO_LARGE`. */
  readonly maxFileBytes: number;
  /** The whole form, bytes. Default 32 MiB, what Go keeps in memory of one; above: `FORM_TOO_LARGE`. */
  readonly maxFormBytes: number;
  /** What stands before the first boundary and is dropped, bytes. Default 1,024: nobody sends more than a line end; above: `PREAMBLE_TOO_LARGE`. */
  readonly maxPreambleBytes: number;
}

export const defaultFormLimits: FormLimits = {
  maxParts: 1000,
  maxPartHeadBytes: 16_384,
  maxPartHeadFields: 32,
  maxNameBytes: 1024,
  maxFieldBytes: 1_048_576,
  maxFileBytes: 10_485_760,
  maxFormBytes: 33_554_432,
  maxPreambleBytes: 1024,
};

/**
 * Fills in the defaults.
 *
 * @throws HttpUsageError `BAD_OPTION` for a limit that is no count
 */
export function formLimitsFrom(options: Partial<FormLimits>): FormLimits {
  const limits: Record<string, number> & FormLimits = { ...defaultFormLimits };
  for (const name of Object.keys(defaultFormLimits) as (keyof FormLimits)[]) {
    const value: unknown = options[name];
    if (value === undefined) continue;
    if (!(typeof value === 'number' && value >= 0)) {
      throw new HttpUsageError('BAD_OPTION', `${name} is ${JSON.stringify(value)}, expected 0 or more`);
    }
    limits[name as string] = value;
  }
  return limits;
}
