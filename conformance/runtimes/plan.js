// @ts-check
import { children } from './cases/children.js';
import { connecting } from './cases/connecting.js';
import { contracts } from './cases/contracts.js';
import { datagrams } from './cases/datagrams.js';
import { http } from './cases/http.js';
import { listening } from './cases/listening.js';
import { names } from './cases/names.js';
import { proxied } from './cases/proxied.js';
import { securing } from './cases/tls.js';
import { selecting } from './cases/selecting.js';
import { servers } from './cases/servers.js';
import { streams } from './cases/streams.js';
import { workers } from './cases/workers.js';

/** @typedef {{ readonly group: string, readonly cases: readonly import('./case.js').Case[] }} Group */

/** Every group of cases, in the order in which they run. */
/** @type {readonly Group[]} */
export const plan = [
  ...contracts,
  { group: 'connect', cases: connecting },
  { group: 'listen', cases: listening },
  { group: 'TLS', cases: securing },
  { group: 'PROXY protocol', cases: proxied },
  { group: 'datagrams', cases: datagrams },
  { group: 'streams', cases: streams },
  { group: 'Selector', cases: selecting },
  { group: 'children and workers', cases: children },
  { group: 'names and captures', cases: names },
  { group: 'servers', cases: servers },
  { group: 'servers in workers', cases: workers },
  { group: 'HTTP', cases: http },
];
