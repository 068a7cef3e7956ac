import { SocketError, SocketUsageError } from '../errors.ts';
import { entriesOf, type DatabaseOptions } from './database.ts';
import { wellKnownServices } from './well-known-services.ts';

/**
 * The port of a service, as `getservbyname` (seed 004): `getServiceByName('http')` is 80. From `/etc/services`; where there is none, from a
 * built-in table of the usual ones. Names and aliases match as they are written, the first entry wins.
 *
 * @throws SocketError `NOT_FOUND`.
 */
export function getServiceByName(name: string, protocol?: string, options: DatabaseOptions = {}): number {
  for (const service of services(options)) {
    if (service.names.includes(name) && isOver(service, protocol)) return service.port;
  }
  throw notFound(name, protocol);
}

/**
 * The official name of the service at a port, as `getservbyport`: `getServiceByPort(443)` is `'https'`.
 *
 * @throws SocketError `NOT_FOUND`; SocketUsageError `BAD_ARGUMENT` for a port outside 0–65535.
 */
export function getServiceByPort(port: number, protocol?: string, options: DatabaseOptions = {}): string {
  if (!(Number.isInteger(port) && port >= 0 && port <= 65_535)) {
    throw new SocketUsageError('BAD_ARGUMENT', `the port is ${String(port)}, expected 0 to 65535`);
  }
  for (const service of services(options)) {
    const [name] = service.names;
    if (name !== undefined && service.port === port && isOver(service, protocol)) return name;
  }
  throw notFound(`port ${String(port)}`, protocol);
}

interface Service {
  readonly names: readonly string[];
  readonly port: number;
  readonly protocol: string;
}

function* services(options: DatabaseOptions): Generator<Service, void, undefined> {
  for (const { names, value } of entriesOf('/etc/services', wellKnownServices, options)) {
    const match = /^(\d{1,5})\/(\S+)$/.exec(value);
    if (match !== null) yield { names, port: Number(match[1]), protocol: match[2] as string };
  }
}

function isOver(service: Service, protocol: string | undefined): boolean {
  return protocol === undefined || service.protocol === protocol;
}

function notFound(what: string, protocol: string | undefined): SocketError {
  const over = protocol === undefined ? '' : ` over ${protocol}`;
  return new SocketError('NOT_FOUND', `no service is known for ${what}${over}`);
}
