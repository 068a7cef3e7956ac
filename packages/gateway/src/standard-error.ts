import type { ErrorStream } from './environ.ts';

/** `wsgi.errors` of a program: its standard error. */
export const standardError: ErrorStream = {
  write: (text) => {
    process.stderr.write(text);
  },
  flush: () => undefined,
};
