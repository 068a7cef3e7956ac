// @ts-check
/** Requests without a body, and what a parser must find in them. */
import { scenarios } from './scenarios.js';

export const heads = {
  small: make([['Host', '127.0.0.1:8000']]),
  browser: make([
    ['Host', '127.0.0.1:8000'],
    ...Object.entries(/** @type {import('./scenarios.js').Scenario} */ (scenarios.get('headers')).fields),
  ]),
  large: make([
    ['Host', '127.0.0.1:8000'],
    ...Array.from({ length: 30 }, (_, i) => [
      `X-Field-Number-${String(i)}`,
      `value ${String(i)} `.repeat(8).trim(),
    ]),
  ]),
};

/** @param {string[][]} fields */
function make(fields) {
  const target = '/path/to/something?with=a&query=string';
  const lines = fields.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return {
    text: `GET ${target} HTTP/1.1\r\n${lines}\r\n`,
    fieldCount: fields.length,
    textLength: 'GET'.length + target.length,
  };
}
