// @ts-check
/** `RequestParser`; `fields` asks for every field, as an application that logs them all would. */
import { RequestParser } from '@wirestack/http/protocol';

/** @param {boolean} wantsFields */
export function parser(wantsFields) {
  const requests = new RequestParser();
  let count = 0;
  let sum = 0;
  return {
    /** @param {Uint8Array} chunk */
    push(chunk) {
      requests.push(chunk);
      for (let event; (event = requests.next()) !== undefined;) {
        if (event.type !== 'head') continue;
        count++;
        sum += event.method.length + event.target.length;
        if (wantsFields) sum += event.headers.flat().length;
      }
    },
    result: () => ({ count, sum }),
  };
}
