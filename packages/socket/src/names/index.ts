/**
 * `@wirestack/socket/names`: what Python's `socket` module offers besides sockets. In reading order:
 *
 * - `hosts.ts`   names to addresses and back, by the operating system; `hosts-file.ts` knows the aliases
 * - `services.ts` `protocols.ts`   ports and protocols by name; `database.ts` reads the files of `/etc`
 * - `inet-text.ts`   addresses between text and bytes
 * - `byte-order.ts`   numbers between this machine's byte order and the network's
 */
export {
  getFullyQualifiedName,
  getHostByAddress,
  getHostByName,
  getHostByNameEx,
  getHostName,
  type HostAddressOptions,
  type HostEntry,
  type HostEntryOptions,
  type HostNameOptions,
} from './hosts.ts';
export { getServiceByName, getServiceByPort } from './services.ts';
export { getProtocolByName } from './protocols.ts';
export type { DatabaseOptions } from './database.ts';
export { inetAton, inetNtoa, inetNtop, inetPton } from './inet-text.ts';
export { htonl, htons, ntohl, ntohs } from './byte-order.ts';
