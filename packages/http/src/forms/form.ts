import type { HeaderFields } from '../headers.ts';
import type { FormValues } from './form-values.ts';
import type { Part } from './part.ts';
import { safeFilename } from './safe-filename.ts';

/** A file of a form, and what became of it. */
export class FormFile<Stored = Uint8Array> {
  readonly #part: Part;
  /** Its bytes. */
  readonly size: number;
  /** What the sink made of it. Default: its bytes. */
  readonly stored: Stored;

  constructor(part: Part, stored: Stored) {
    this.#part = part;
    this.size = part.size;
    this.stored = stored;
  }

  get name(): string {
    return this.#part.name;
  }

  /** As the client sent it: to be shown, escaped, and nothing else. Empty for a file input in which nothing was chosen. */
  get filename(): string {
    return this.#part.filename ?? '';
  }

  /** A name made of it that may be given to a file: see `safeFilename`. */
  get safeName(): string {
    return safeFilename(this.filename);
  }

  /** What the client says it is: believe it no more than the name. */
  get type(): string {
    return this.#part.type;
  }

  get headers(): HeaderFields {
    return this.#part.headers;
  }
}

/** A form that was read to its end. `await using` removes what its sink has stored. */
export class Form<Stored = Uint8Array> implements AsyncDisposable {
  readonly fields: FormValues;
  readonly files: FormValues<FormFile<Stored>>;

  constructor(fields: FormValues, files: FormValues<FormFile<Stored>>) {
    this.fields = fields;
    this.files = files;
  }

  /** Removes each file that can be removed and that nobody has moved. */
  async dispose(): Promise<void> {
    await disposeAll(this.files.values().map(({ stored }) => stored));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }
}

/** Disposes of what can be disposed of. One that fails keeps none of the others. Rejects with an AggregateError of those that failed. */
async function disposeAll(stored: readonly unknown[]): Promise<void> {
  const outcomes = await Promise.allSettled(
    stored.map(async (one) => {
      if (isDisposable(one)) await one[Symbol.asyncDispose]();
    }),
  );
  const failures = outcomes.flatMap((outcome) =>
    outcome.status === 'rejected' ? [outcome.reason as unknown] : [],
  );
  if (failures.length > 0) throw new AggregateError(failures, 'files of a form could not be removed');
}

/** Disposes of what was stored of a form that failed, and rejects with why it did. */
export async function disposeBecause(error: unknown, stored: readonly unknown[]): Promise<never> {
  await disposeAll(stored).catch((failure: unknown) => {
    throw new AggregateError(
      [error, failure],
      'a form failed, and what was stored of it could not be removed',
    );
  });
  throw error;
}

function isDisposable(value: unknown): value is AsyncDisposable {
  return typeof value === 'object' && value !== null && Symbol.asyncDispose in value;
}
