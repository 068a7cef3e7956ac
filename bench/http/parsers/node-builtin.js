// @ts-check
/** What node:http is made of, by the only way in: llhttp in C, its fields handed over as one flat array of strings. */
process.removeAllListeners('warning');
// @ts-expect-error: deprecated, and there is no other way to the parser without its server.
const { HTTPParser, methods } = process.binding('http_parser');

/** @param {boolean} wantsFields */
export function parser(wantsFields) {
  let count = 0;
  let sum = 0;
  const requests = new HTTPParser();
  requests.initialize(HTTPParser.REQUEST, {});
  /** @type {string[]} */
  let early = [];
  let earlyTarget = '';
  // Called where there are more fields than fit one call: 32.
  requests[HTTPParser.kOnHeaders] = (/** @type {string[]} */ fields, /** @type {string} */ target) => {
    early = early.concat(fields);
    earlyTarget += target;
  };
  requests[HTTPParser.kOnHeadersComplete] = (
    /** @type {number} */ _major,
    /** @type {number} */ _minor,
    /** @type {string[] | undefined} */ fields,
    /** @type {number} */ method,
    /** @type {string | undefined} */ target,
  ) => {
    count++;
    sum += methods[method].length + (target ?? earlyTarget).length;
    if (wantsFields) sum += (fields ?? early).length;
    early = [];
    earlyTarget = '';
    return 0;
  };
  return {
    /** @param {Uint8Array} chunk */
    push(chunk) {
      const used = requests.execute(chunk);
      if (used !== chunk.length) throw new Error(`read ${String(used)} of ${String(chunk.length)}`);
    },
    result: () => ({ count, sum }),
  };
}
