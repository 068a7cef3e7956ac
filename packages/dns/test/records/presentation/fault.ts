import { expect } from 'vitest';
import { ZoneFileError, type ZoneFileErrorCode } from '../../../src/records/presentation/zone-file-error.ts';

export interface ExpectedFault {
  readonly code: ZoneFileErrorCode;
  readonly line: number;
  readonly column: number;
  readonly file?: string;
  /** A part of it. */
  readonly reason?: string;
}

export function expectZoneFileError(run: () => unknown, expected: ExpectedFault): void {
  let thrown: unknown;
  try {
    run();
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(ZoneFileError);
  const { code, line, column, file, reason, message } = thrown as ZoneFileError;
  const { reason: part = '', ...place } = expected;
  expect({ code, line, column, file }).toEqual({ file: undefined, ...place });
  expect(reason).toContain(part);
  expect(message).toContain(`line ${String(line)}, column ${String(column)}: ${reason}`);
}
