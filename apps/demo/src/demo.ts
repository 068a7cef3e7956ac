import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatAddress, SocketError, type Address, type Deadline } from '@wirestack/socket';
import type { Service } from './home.ts';
import type { DemoOptions } from './options.ts';
import { byteServices, nameService, webServices, type Running, type ServiceDefinition } from './services.ts';

export interface Demo {
  readonly services: readonly Service[];
  /** Stops accepting, finishes what is in work, and removes the Unix paths. What is left at the deadline is aborted. */
  drain(deadline?: Deadline): Promise<void>;
}

/** Starts every service. @throws SocketError `IN_USE`, `PERMISSION`, `UNAVAILABLE`, `NOT_FOUND`; then none is left open */
export async function startDemo(options: DemoOptions): Promise<Demo> {
  // Only its owner may enter: that is how access to a Unix path is controlled (seed 003).
  const directory = await mkdtemp(join(tmpdir(), 'wirestack-demo-'));
  const running: Running[] = [];
  const drain = async (deadline?: Deadline): Promise<void> => {
    await Promise.all(running.map((service) => service.drain(deadline)));
    await rm(directory, { recursive: true, force: true });
  };
  const start = async (definition: ServiceDefinition): Promise<Service> => {
    const service = await open(definition, directory, options);
    running.push(service);
    return describe(definition, service.address);
  };

  try {
    const byteful: Service[] = [];
    for (const definition of byteServices) byteful.push(await start(definition));
    byteful.push(await start(nameService(byteful)));
    const [web, proxy] = webServices(byteful);
    return { services: [await start(web), ...byteful, await start(proxy)], drain };
  } catch (error) {
    await drain({ timeoutMs: 0 });
    throw error;
  }
}

async function open(
  { at, open }: ServiceDefinition,
  directory: string,
  options: DemoOptions,
): Promise<Running> {
  if (typeof at === 'string') return open({ path: join(directory, at) });
  const { host, port, isPortFixed } = options;
  try {
    return await open({ host, port: port === 0 ? 0 : port + at });
  } catch (error) {
    const mayMove = !isPortFixed && error instanceof SocketError && error.code === 'IN_USE';
    if (!mayMove) throw error;
    return open({ host, port: 0 });
  }
}

function describe({ name, about, scheme, command }: ServiceDefinition, address: Address): Service {
  if (!('port' in address)) {
    const url = formatAddress(address);
    return { name, about, url, command: command(url.slice('unix:'.length), url) };
  }
  const url = `${scheme}://${formatAddress(address)}${scheme === 'http' ? '/' : ''}`;
  return { name, about, url, command: command(`${address.host} ${String(address.port)}`, url) };
}
