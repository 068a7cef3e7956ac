/** One row of the table: what is asked, and what the answer must be, whoever gives it. */
export interface TableRequest {
  readonly name: string;
  readonly method: string;
  /** Behind the mount point, with its query. */
  readonly path: string;
  /** As they are sent: order and repetition count. `Host` is everybody's, `Content-Length` and `Transfer-Encoding` come from `body` and `framing`. */
  readonly headers?: readonly Field[];
  readonly body?: Uint8Array;
  /** Default `length`. */
  readonly framing?: 'length' | 'chunked';
  readonly expected: Expected;
}

export type Field = readonly [name: string, value: string];

/** So that our own server, which the others are held against, is held against something, too. */
interface Expected {
  readonly status: number;
  /** Fields, by their names in lower case; `undefined`: it is not there. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly body?: Uint8Array | string | RegExp;
}

/** What came back. Names in lower case: that is how Bun, Deno and Lambda have them, and they are the same in any (RFC 9110 5.1). */
export interface Answer {
  readonly status: number;
  readonly headers: readonly Field[];
  readonly body: Uint8Array;
}

/** Where the application is: a place that Python's CGI server has, too. */
export const mountPoint = '/cgi-bin/app';
/** `Host` of every request: what Location is made of. */
export const host = 'app.example';
