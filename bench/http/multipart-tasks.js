// @ts-check
/** Forms, and who reads them: fields as text that is kept, files as bytes that are counted. */
import { formParts, MultipartDecoder, readForm } from '@wirestack/http/forms';
import busboy from 'busboy';

/**
 * @typedef {{ fields: number, characters: number, fileBytes: number }} Tally
 * @typedef {{ title: string, parts: () => Iterable<{ head: string, data: Buffer }> }} Form
 */

const boundary = '----WebKitFormBoundaryAbCdEfGhIjKlMnOp';
const type = `multipart/form-data; boundary=${boundary}`;
const chunkBytes = 65_536;
const megabyte = 1_048_576;

/** Bytes of which none follows from the one before: compressed pictures are such. @param {number} length */
function noise(length) {
  const bytes = Buffer.alloc(length);
  let state = 1;
  for (let at = 0; at < length; at++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    bytes[at] = state >> 16;
  }
  return bytes;
}

const file = noise(megabyte);

/** @type {Record<string, Form>} */
export const forms = {
  file: {
    title: 'one file of 100 MB',
    parts: () => [{ head: fileHead(0), data: Buffer.concat(Array.from({ length: 100 }, () => file)) }],
  },
  fields: {
    title: '1,000 fields of 20 B',
    parts: () =>
      Array.from({ length: 1000 }, (_, i) => ({
        head: `name="field${String(i)}"`,
        data: Buffer.alloc(20, 'v'),
      })),
  },
  files: {
    title: '64 files of 64 KB',
    parts: () =>
      Array.from({ length: 64 }, (_, i) => ({
        head: fileHead(i),
        data: file.subarray(i * 1000, i * 1000 + 65_536),
      })),
  },
};

/** @param {number} i */
function fileHead(i) {
  return `name="file${String(i)}"; filename="picture${String(i)}.jpg"\r\nContent-Type: image/jpeg`;
}

/** @param {Form} form */
export function madeOf({ parts }) {
  const pieces = [];
  for (const { head, data } of parts()) {
    pieces.push(
      Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; ${head}\r\n\r\n`),
      data,
      Buffer.from('\r\n'),
    );
  }
  const bytes = Buffer.concat([...pieces, Buffer.from(`--${boundary}--\r\n`)]);
  const chunks = [];
  for (let at = 0; at < bytes.length; at += chunkBytes) chunks.push(bytes.subarray(at, at + chunkBytes));
  return { chunks, bytes: bytes.length };
}

const limits = { maxFileBytes: Infinity, maxFormBytes: Infinity };

/** A body as a server has it: the next chunk when it is asked for. @param {readonly Buffer[]} chunks */
async function* arriving(chunks) {
  yield* chunks;
}

/** @param {Iterable<readonly [string, string]>} fields @param {number} fileBytes @returns {Tally} */
function tally(fields, fileBytes) {
  const all = [...fields];
  return { fields: all.length, characters: all.reduce((sum, [, value]) => sum + value.length, 0), fileBytes };
}

/** @type {Record<string, (chunks: readonly Buffer[]) => Tally | Promise<Tally>>} */
export const contenders = {
  MultipartDecoder: (chunks) => {
    const decoder = new MultipartDecoder(boundary, limits);
    /** @type {[string, string][]} */
    const fields = [];
    let fileBytes = 0;
    let isFile = false;
    let name = '';
    let value = '';
    for (const chunk of chunks) {
      decoder.push(chunk);
      for (let event; (event = decoder.next()) !== undefined;) {
        if (event.type === 'part') {
          ({ isFile, name } = event.head);
          value = '';
        } else if (event.type === 'data') {
          if (isFile) fileBytes += event.bytes.length;
          else
            value += Buffer.from(event.bytes.buffer, event.bytes.byteOffset, event.bytes.length).toString();
        } else if (event.type === 'part-end' && !isFile) {
          fields.push([name, value]);
        }
      }
    }
    return tally(fields, fileBytes);
  },

  readForm: async (chunks) => {
    let fileBytes = 0;
    const headers = new Map([['content-type', type]]);
    const { fields } = await readForm(
      { headers, body: arriving(chunks) },
      {
        ...limits,
        files: async (part) => {
          for await (const chunk of part.body) fileBytes += chunk.length;
        },
      },
    );
    return tally(fields, fileBytes);
  },

  formParts: async (chunks) => {
    let fileBytes = 0;
    /** @type {[string, string][]} */
    const fields = [];
    const headers = new Map([['content-type', type]]);
    for await (const part of formParts({ headers, body: arriving(chunks) }, limits)) {
      if (!part.isFile) fields.push([part.name, await part.text()]);
      else for await (const chunk of part.body) fileBytes += chunk.length;
    }
    return tally(fields, fileBytes);
  },

  busboy: (chunks) =>
    new Promise((resolve, reject) => {
      /** @type {[string, string][]} */
      const fields = [];
      let fileBytes = 0;
      const parser = busboy({ headers: { 'content-type': type } });
      parser.on('field', (/** @type {string} */ name, /** @type {string} */ value) =>
        fields.push([name, value]),
      );
      parser.on('file', (/** @type {string} */ _, /** @type {import('node:stream').Readable} */ stream) => {
        stream.on('data', (/** @type {Buffer} */ chunk) => {
          fileBytes += chunk.length;
        });
      });
      parser.on('error', reject);
      parser.on('close', () => resolve(tally(fields, fileBytes)));
      void (async () => {
        for (const chunk of chunks) {
          if (!parser.write(chunk)) await new Promise((drained) => parser.once('drain', drained));
        }
        parser.end();
      })();
    }),
};
