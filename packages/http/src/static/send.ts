import type { FileHandle } from 'node:fs/promises';
import { formatContentRange } from '../fields/content-range.ts';
import type { ByteSlice } from '../fields/range.ts';
import type { HeaderList } from '../headers.ts';
import type { HttpResponse } from '../server/response.ts';
import { byteRanges } from './byte-ranges.ts';
import type { Representation } from './representation.ts';

/** The answer with the body, all of it or parts: from memory, or from the file, which the body then closes. */
export function send(
  representation: Representation,
  plan: 'whole' | readonly ByteSlice[],
  from: Uint8Array | FileHandle,
): HttpResponse {
  if (plan === 'whole') {
    if (from instanceof Uint8Array) return representation.whole;
    return { ...representation.whole, body: { file: from, length: representation.size } };
  }
  const { size, fields, contentType } = representation;
  const [slice] = plan;
  if (plan.length > 1 || slice === undefined) {
    const { contentType: type, length, body } = byteRanges(plan, { size, contentType }, from);
    const others = fields.filter(([name]) => name !== 'Content-Type');
    const headers: HeaderList = [['Content-Type', type], ...others, ['Content-Length', String(length)]];
    return { status: 206, headers, body };
  }
  const { start, end } = slice;
  return {
    status: 206,
    headers: [...fields, ['Content-Range', formatContentRange({ start, end, size })]],
    body: from instanceof Uint8Array ? from.subarray(start, end) : { file: from, start, length: end - start },
  };
}
