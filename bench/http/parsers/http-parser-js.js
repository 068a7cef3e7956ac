// @ts-check
/** The parser of node before llhttp, in JavaScript. */
// @ts-expect-error: it has no types.
import { HTTPParser } from 'http-parser-js';

/** @param {boolean} wantsFields */
export function parser(wantsFields) {
  let count = 0;
  let sum = 0;
  const requests = new HTTPParser(HTTPParser.REQUEST);
  requests[HTTPParser.kOnHeadersComplete] = (
    /** @type {{ headers: string[], method: number, url: string }} */ { headers, method, url },
  ) => {
    count++;
    sum += HTTPParser.methods[method].length + url.length;
    if (wantsFields) sum += headers.length;
    return 0;
  };
  requests[HTTPParser.kOnMessageComplete] = () => undefined;
  return {
    /** @param {Uint8Array} chunk */
    push(chunk) {
      const used = requests.execute(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length));
      if (used !== chunk.length) throw used;
    },
    result: () => ({ count, sum }),
  };
}
