import { BodyReader, EventReader } from './event-reader.ts';
import { intoSink, toMemory, type FileSink } from './file-sink.ts';
import { disposeBecause, Form, FormFile } from './form.ts';
import { BodyCursor, decoderFor, type FormOptions, type FormSource } from './form-source.ts';
import { FormValues } from './form-values.ts';
import { MultipartDecoder } from './multipart-decoder.ts';
import type { PartHead } from './part-head.ts';
import { join, Part, PartData } from './part.ts';
import { charsetOf, decodeText, utf8Text } from './text-decoding.ts';
import type { FormPair } from './url-encoded-decoder.ts';

/** How a form is read whole. */
export interface ReadFormOptions<Stored> extends FormOptions {
  /** What becomes of files. Default: their bytes are kept in memory. `saveTo(directory)` saves them. */
  readonly files: FileSink<Stored>;
}

/**
 * Reads a whole form, `multipart/form-data` or `application/x-www-form-urlencoded`: text in memory, files by `options.files`, one after the other, no faster
 * than they are stored. Where it rejects, what was stored is disposed of, and the rest of the body given up.
 *
 * Rejects with `FormError` for what is no form, is malformed or too large: its `status` is the answer to send; with what the body, the sink or the
 * signal reject with; with an `AggregateError` of that and of why stored files could not be removed.
 */
export function readForm(source: FormSource, options?: FormOptions): Promise<Form>;
export function readForm<Stored>(source: FormSource, options: ReadFormOptions<Stored>): Promise<Form<Stored>>;
export async function readForm<Stored>(
  source: FormSource,
  options: FormOptions & { readonly files?: FileSink<Stored | Uint8Array> } = {},
): Promise<Form<Stored | Uint8Array>> {
  const charset = options.charset === undefined ? utf8Text : charsetOf(options.charset);
  const decoder = decoderFor(source, options);
  const body = new BodyCursor(source.body, options.signal);
  const files: [name: string, file: FormFile<Stored | Uint8Array>][] = [];
  const fields: FormPair[] = [];
  try {
    if (decoder instanceof MultipartDecoder) {
      const events = new EventReader(decoder, body, charset);
      await readParts(events, fields, files, options.files ?? toMemory);
    } else {
      await readPairs(new BodyReader(decoder, body), fields);
    }
    options.signal?.throwIfAborted();
  } catch (error) {
    body.cancel();
    return disposeBecause(
      error,
      files.map(([, { stored }]) => stored),
    );
  }
  return new Form(new FormValues(fields), new FormValues(files));
}

async function readPairs(pairs: BodyReader<FormPair>, into: FormPair[]): Promise<void> {
  do {
    for (let pair; (pair = pairs.poll()) !== undefined;) into.push(pair);
  } while (await pairs.fill());
}

async function readParts<Stored>(
  events: EventReader,
  fields: FormPair[],
  files: [name: string, file: FormFile<Stored>][],
  sink: FileSink<Stored>,
): Promise<void> {
  for (;;) {
    const event = events.poll();
    if (event === undefined) {
      if (!(await events.fill())) return;
    } else if (event.type === 'part') {
      const { head } = event;
      if (head.filename === undefined) fields.push([head.name, await readText(events, head)]);
      else files.push([head.name, await readFile(events, head, sink)]);
    }
  }
}

/** The value of a field. Most are there already, in one piece. */
async function readText(events: EventReader, head: PartHead): Promise<string> {
  let chunks: Uint8Array[] | undefined;
  let bytes: Uint8Array = noBytes;
  let length = 0;
  for (;;) {
    const event = events.poll();
    if (event === undefined) {
      await events.fill();
    } else if (event.type === 'data') {
      if (length > 0) (chunks ??= [bytes]).push(event.bytes);
      bytes = event.bytes;
      length += bytes.length;
    } else {
      if (chunks !== undefined) bytes = join(chunks, length);
      const { charset } = head;
      return decodeText(charset === undefined ? events.charset : charsetOf(charset), bytes, 0, length);
    }
  }
}

const noBytes = new Uint8Array(0);

async function readFile<Stored>(
  events: EventReader,
  head: PartHead,
  sink: FileSink<Stored>,
): Promise<FormFile<Stored>> {
  const part = new Part(head, new PartData(events));
  return new FormFile(part, await intoSink(sink, part));
}
