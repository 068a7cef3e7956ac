// @ts-check
/** Both ends of whatever is compared. */
import { capnweb } from './capnweb.js';
import { jaysonHttp } from './jayson.js';
import { rawNet } from './raw-net.js';
import { vscodeJsonrpc } from './vscode-jsonrpc.js';
import { wirestack } from './wirestack.js';

/**
 * @typedef {'add' | 'echo'} Call
 *
 * @typedef {object} Load
 * @property {(call: Call, inFlight: number, seconds: number) => Promise<number>} drive
 *   Keeps so many calls in flight for so long; resolves with how many were answered, once all are.
 *
 * @typedef {object} Ends
 * @property {() => Promise<number>} serve  resolves with a port
 * @property {(port: number) => Promise<Load>} connect
 */

/** @type {ReadonlyMap<string, Ends>} */
export const ends = new Map([
  ['raw-net', rawNet],
  ['wirestack', wirestack('length-prefix')],
  ['wirestack-newline', wirestack('newline')],
  ['wirestack-content-length', wirestack('content-length')],
  ['vscode-jsonrpc', vscodeJsonrpc],
  ['capnweb-lines', capnweb],
  ['jayson-http', jaysonHttp],
]);
