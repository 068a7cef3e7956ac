import { HttpUsageError } from '../errors.ts';
import { disposeBecause } from './form.ts';
import type { Part } from './part.ts';

/**
 * Takes a file of a form: reads `part.body` and answers what the form shall have in its place, or answers something to write to, which is then written
 * to and ended. What it answers is disposed of (`Symbol.asyncDispose`) where the form fails, and when the form is.
 */
export type FileSink<Stored> = (part: Part) => Stored | Promise<Stored>;

/** As much of a `WritableStream` of the web as is needed. */
interface WebWritable {
  getWriter(): {
    write(chunk: Uint8Array): Promise<void>;
    close(): Promise<void>;
    abort(reason?: unknown): Promise<void>;
  };
}

/** As much of a `Writable` of node as is needed. */
interface NodeWritable {
  write(chunk: Uint8Array, done: (error?: Error | null) => void): unknown;
  end(done: () => void): unknown;
  destroy(error?: Error): unknown;
  on(event: 'error' | 'close', listener: (error: Error) => void): unknown;
}

/** The bytes of a part in one piece: the default. */
export async function toMemory(part: Part): Promise<Uint8Array> {
  return part.bytes();
}

/** Runs a sink, and writes to what it answers where that is to be written to. The part is at its end then. */
export async function intoSink<Stored>(sink: FileSink<Stored>, part: Part): Promise<Stored> {
  const answer = sink(part);
  const stored = answer instanceof Promise ? await answer : answer;
  if (part.isOver) return stored;
  if (!part.isUsed && isWebWritable(stored)) {
    await writeToWeb(part, stored);
  } else if (!part.isUsed && isNodeWritable(stored)) {
    await writeToNode(part, stored);
  } else {
    await part.skip().catch((error: unknown) => disposeBecause(error, [stored]));
  }
  return stored;
}

async function writeToWeb(part: Part, stream: WebWritable): Promise<void> {
  const writer = stream.getWriter();
  try {
    for await (const chunk of part.body) await writer.write(chunk);
    await writer.close();
  } catch (error) {
    await writer.abort(error).catch(() => undefined);
    throw error;
  }
}

/** One chunk at a time: the next is asked for when the last was taken. */
async function writeToNode(part: Part, stream: NodeWritable): Promise<void> {
  let fail: (error: Error) => void = () => undefined;
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  failed.catch(() => undefined);
  stream.on('error', fail);
  stream.on('close', () => {
    fail(new HttpUsageError('BAD_STATE', 'a stream for a file of a form was closed before its end'));
  });
  const step = (run: (done: (error?: Error | null) => void) => unknown): Promise<void> =>
    new Promise((resolve, reject) => {
      failed.catch(reject);
      run((error) => {
        if (error === undefined || error === null) resolve();
        else reject(error);
      });
    });
  try {
    for await (const chunk of part.body) await step((done) => stream.write(chunk, done));
    await step((done) => stream.end(done));
  } catch (error) {
    stream.destroy(error instanceof Error ? error : undefined);
    throw error;
  }
}

function isWebWritable(value: unknown): value is WebWritable {
  return has(value, 'getWriter');
}

function isNodeWritable(value: unknown): value is NodeWritable {
  return has(value, 'write') && has(value, 'end') && has(value, 'destroy') && has(value, 'on');
}

function has(value: unknown, method: string): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as Readonly<Record<string, unknown>>)[method] === 'function'
  );
}
