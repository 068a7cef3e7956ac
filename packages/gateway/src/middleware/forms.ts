import { readForm, type FileSink, type Form, type FormOptions } from '@wirestack/http/forms';
import type { Middleware } from '../application.ts';
import { environKey, type Environ } from '../environ.ts';
import { keepLifespan } from '../lifespan.ts';
import { changeBody, watchBody } from './response-parts.ts';

/** Limits and charset of `@wirestack/http/forms`, and what becomes of files. */
export interface FormsOptions extends Omit<FormOptions, 'signal'> {
  /** Default: kept in memory. `saveTo(directory)` saves them; they are removed when the response is over. */
  readonly files?: FileSink<unknown>;
}

/**
 * Reads forms, urlencoded and multipart, for whoever asks: `formOf(environ)`.
 *
 * ```ts
 * const app = errorPages()(forms({ files: saveTo(uploads) })(async (environ, startResponse) => {
 *   const form = await formOf<SavedFile>(environ);
 *   return textResponse(startResponse, '200 OK', [['X-Title', form.fields.get('title') ?? '']]);
 * }));
 * ```
 *
 * Nothing is read where nobody asks. What was stored is removed when the response is over, and where the application fails: rename files that are to stay. Sets `wirestack.form`.
 *
 * @throws HttpUsageError `BAD_OPTION` for a limit that is no count, when a form is read
 */
export function forms(options: FormsOptions = {}): Middleware {
  if (options.files !== undefined && typeof options.files !== 'function') {
    throw new TypeError('files is no function');
  }
  return (app) =>
    keepLifespan(app, (environ, startResponse) => {
      const form = new RequestForm(environ, options);
      environ['wirestack.form'] = form;
      let body;
      try {
        body = app(environ, startResponse);
      } catch (error) {
        form.end();
        throw error;
      }
      const watched = changeBody(body, (one) => watchBody(one, form));
      if (watched instanceof Promise) {
        watched.catch(() => {
          form.end();
        });
      }
      return watched;
    });
}

/**
 * The form of a request, read once however often it is asked for.
 *
 * Rejects with `FormError`, whose `status` is the answer: 400, 413, or 415 for what is no form; with TypeError where `forms` is not around the application.
 */
export async function formOf<Stored = Uint8Array>(environ: Environ): Promise<Form<Stored>> {
  const form = environ['wirestack.form'];
  if (!(form instanceof RequestForm)) throw new TypeError('forms() is not around this application');
  return (await form.read()) as Form<Stored>;
}

class RequestForm {
  readonly #environ: Environ;
  readonly #options: FormsOptions;
  #form: Promise<Form<unknown>> | undefined;
  #isOver = false;

  constructor(environ: Environ, options: FormsOptions) {
    this.#environ = environ;
    this.#options = options;
  }

  read(): Promise<Form<unknown>> {
    if (this.#isOver) return Promise.reject(new TypeError('the response is over, and its form is gone'));
    return (this.#form ??= this.#read());
  }

  #read(): Promise<Form<unknown>> {
    const environ = this.#environ;
    const headers = {
      get: (name: string) => {
        const key = environKey(name);
        return key === undefined ? undefined : (environ[key] as string | undefined);
      },
    };
    const { files, ...limits } = this.#options;
    const source = { headers, body: environ['wsgi.input'] };
    const options = { ...limits, signal: environ['wirestack.signal'] };
    return files === undefined ? readForm(source, options) : readForm(source, { ...options, files });
  }

  /** The response is over. A form that is still being read goes when it has been. */
  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#form
      ?.then(
        (form) => form.dispose(),
        // Whoever asked for it was told; nothing of it is left.
        () => undefined,
      )
      .catch((error: unknown) => {
        this.#environ['wsgi.errors'].write(`${String(error)}\n`);
      });
  }
}
