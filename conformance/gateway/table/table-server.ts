import type { Answer, Field, TableRequest } from './table-request.ts';

/** A server of the table: where the application runs, and in what its answers differ from those of our own server. */
export interface TableServer {
  readonly name: string;
  /** An application that nobody has asked yet. */
  start(): Promise<RunningTableServer>;
  /** In the order in which they are applied. */
  readonly exceptions: readonly Exception[];
  /** Requests at a time. Default 1. */
  readonly atOnce?: number;
}

interface RunningTableServer {
  ask(request: TableRequest): Promise<Answer>;
  /** Ends it. Rejects where it complained. */
  stop(): Promise<void>;
}

/**
 * One thing in which a server differs, and must. What is expected is then the answer of our own server to the request as it reaches the application, as this server
 * passes it on. An exception that no row needs fails the suite, too.
 */
export interface Exception {
  readonly reason: string;
  /** The request as the application gets it. */
  reaching?(request: TableRequest): TableRequest;
  /** The answer as the client gets it. */
  returning?(answer: Answer, request: TableRequest): Answer;
}

/**
 * Belongs to one connection or one server, not to what the application said: equal for nobody. Framing is checked by the body, which has to be the same; a Content-Length has to be
 * equal unless an exception says otherwise.
 */
const ofTheConnection: ReadonlySet<string> = new Set([
  ...['date', 'server', 'connection', 'keep-alive', 'transfer-encoding'],
]);

/** What is compared: header fields in the order of their names, those of one name in the order in which they came. */
export function comparable({ status, headers, body }: Answer): Answer {
  const kept = headers.filter(([name]) => !ofTheConnection.has(name));
  return { status, headers: kept.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)), body };
}

export function without(answer: Answer, ...names: readonly string[]): Answer {
  return { ...answer, headers: answer.headers.filter(([name]) => !names.includes(name)) };
}

export function withFields(answer: Answer, ...fields: readonly Field[]): Answer {
  return { ...answer, headers: [...answer.headers, ...fields] };
}

/** A body with another text in it, and its Content-Length. */
export function withText(answer: Answer, change: (text: string) => string): Answer {
  const before = Buffer.from(answer.body).toString();
  const after = change(before);
  if (after === before) return answer;
  const body = Buffer.from(after);
  const headers = answer.headers.map(([name, value]): Field => [
    name,
    name === 'content-length' ? String(body.length) : value,
  ]);
  return { ...answer, headers, body };
}
