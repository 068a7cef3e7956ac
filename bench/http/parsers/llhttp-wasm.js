// @ts-check
/** llhttp as WebAssembly, as undici ships it. Its callbacks are called for requests, too; strings are made as undici's client makes them. */
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const program = new WebAssembly.Module(require('undici/lib/llhttp/llhttp-wasm.js'));
const REQUEST = 1;

/** @param {boolean} wantsFields */
export function parser(wantsFields) {
  let count = 0;
  let sum = 0;
  let target = '';
  /** @type {string[]} */
  let fields = [];
  let base = 0;
  let current = Buffer.alloc(0);
  const text = (/** @type {number} */ at, /** @type {number} */ length) =>
    current.latin1Slice(at - base, at - base + length);
  const { exports } = new WebAssembly.Instance(program, {
    env: {
      wasm_on_message_begin: () => 0,
      wasm_on_url: (/** @type {number} */ _p, /** @type {number} */ at, /** @type {number} */ length) => {
        target += text(at, length);
        return 0;
      },
      wasm_on_status: () => 0,
      wasm_on_header_field: (
        /** @type {number} */ _p,
        /** @type {number} */ at,
        /** @type {number} */ length,
      ) => {
        if (wantsFields) fields.push(text(at, length));
        return 0;
      },
      wasm_on_header_value: (
        /** @type {number} */ _p,
        /** @type {number} */ at,
        /** @type {number} */ length,
      ) => {
        if (wantsFields) fields.push(text(at, length));
        return 0;
      },
      wasm_on_headers_complete: (/** @type {number} */ p) => {
        count++;
        sum += methodLength(calls.llhttp_get_method(p)) + target.length + fields.length;
        target = '';
        fields = [];
        return 0;
      },
      wasm_on_body: () => 0,
      wasm_on_message_complete: () => 0,
    },
  });
  const calls = /** @type {any} */ (exports);
  const pointer = calls.llhttp_alloc(REQUEST);
  const size = 1 << 18;
  base = calls.malloc(size);
  return {
    /** @param {Uint8Array} chunk */
    push(chunk) {
      current = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
      new Uint8Array(calls.memory.buffer, base, size).set(chunk);
      const error = calls.llhttp_execute(pointer, base, chunk.length);
      if (error !== 0) throw new Error(`llhttp: ${String(error)}`);
    },
    result: () => ({ count, sum }),
  };
}

/** @param {number} method  llhttp's number: GET is 1, POST 3 */
function methodLength(method) {
  return method === 3 ? 4 : 3;
}
