import { SocketError, SocketUsageError } from '../errors.ts';
import { addressOf, hostsOf } from './addresses.ts';
import type { ProxyHeader } from './header.ts';
import { formatIp, parseIpv4, parseIpv6 } from '../ip-address.ts';

/**
 * ```text
 * PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\r\n        version 1: one line, 107 bytes at most
 *       TCP6 source      destination  ports
 *       UNKNOWN and whatever follows
 * ```
 */
export const maxLineBytes = 107;

/**
 * Reads the line at the beginning of `bytes`; `undefined` where it is not whole yet. All that is there is looked at each time: it is
 * never more than {@link maxLineBytes}.
 *
 * @throws SocketError `PROXY_HEADER` as soon as no line can come of it.
 */
export function decodeLine(bytes: Uint8Array): { header: ProxyHeader; length: number } | undefined {
  const text = String.fromCharCode(...bytes.subarray(0, maxLineBytes));
  const end = text.indexOf('\r\n');
  const line = end === -1 ? text.replace(/\r$/, '') : text.slice(0, end);
  if (/[\r\n]/.test(line)) throw malformed('a CR or an LF stands alone', text);
  // A CR at the end promises that nothing but LF follows: what stands before it must be whole.
  const header = readFields(line.split(' '), line !== text);
  if (end !== -1 && header !== undefined) return { header, length: end + 2 };
  if (text.length >= maxLineBytes) {
    throw malformed(`no CRLF in the first ${String(maxLineBytes)} bytes`, text);
  }
  return undefined;
}

/** The line for `header`. @throws SocketUsageError `BAD_ARGUMENT` for what version 1 cannot say. */
export function encodeLine({ command, transport, source, destination, extensions }: ProxyHeader): Uint8Array {
  if (extensions.length > 0) throw cannotSay('extensions');
  if (command === 'LOCAL' || transport === 'unspecified')
    return new TextEncoder().encode('PROXY UNKNOWN\r\n');
  if (transport === 'datagram') throw cannotSay('datagrams');
  if (source === undefined || destination === undefined || !('port' in source) || !('port' in destination)) {
    throw cannotSay('anything but two addresses of IP; transport "unspecified" says that there are none');
  }
  const hosts = hostsOf(source, destination);
  const family = hosts[0].length === 4 ? 'TCP4' : 'TCP6';
  const fields = [...hosts.map(formatIp), source.port, destination.port];
  return new TextEncoder().encode(`PROXY ${family} ${fields.join(' ')}\r\n`);
}

/** The last field may be unfinished, unless `isWhole`. Answers the header once it is whole. */
function readFields(fields: readonly string[], isWhole: boolean): ProxyHeader | undefined {
  const [, protocol = ''] = fields;
  const isFinished = (index: number): boolean => isWhole || index < fields.length - 1;
  let parse = parseIpv4;
  for (const [index, field] of fields.entries()) {
    let fits: boolean;
    switch (index) {
      case 0:
        fits = isFinished(0) ? field === 'PROXY' : 'PROXY'.startsWith(field);
        break;
      case 1:
        fits = isFinished(1)
          ? protocols.includes(field)
          : protocols.some((candidate) => candidate.startsWith(field));
        // "The receiver must ignore anything presented before the CRLF is found."
        if (fits && field === 'UNKNOWN') return isWhole ? unknown : undefined;
        if (protocol === 'TCP6') parse = parseIpv6;
        break;
      case 2:
      case 3:
        fits = isFinished(index) ? parse(field) !== undefined : mayBecome(field, parse);
        break;
      case 4:
      case 5:
        fits = (field === '' && !isFinished(index)) || isPort(field);
        break;
      default:
        fits = false;
    }
    if (!fits) throw malformed(`field ${String(index + 1)} is not what belongs there`, fields.join(' '));
  }
  if (!isWhole) return undefined;
  const [, , source = '', destination = '', sourcePort, destinationPort] = fields;
  const [from, to] = [parse(source), parse(destination)];
  if (from === undefined || to === undefined || destinationPort === undefined) {
    throw malformed('the line ends early', fields.join(' '));
  }
  return {
    version: 1,
    command: 'PROXY',
    transport: 'stream',
    source: addressOf(from, Number(sourcePort)),
    destination: addressOf(to, Number(destinationPort)),
    extensions: [],
  };
}

const protocols = ['TCP4', 'TCP6', 'UNKNOWN'];

const unknown: ProxyHeader = {
  version: 1,
  command: 'PROXY',
  transport: 'unspecified',
  source: undefined,
  destination: undefined,
  extensions: [],
};

/** 0–65535 in decimal: "heading zeroes are not permitted". */
function isPort(text: string): boolean {
  return /^(?:0|[1-9]\d{0,4})$/.test(text) && Number(text) <= 65_535;
}

/**
 * Whether an address can begin like this: every beginning of one becomes one by one of these endings. `2001:db8` needs `::` and
 * `2001:` only `:`, and what has begun as IPv4, alone or at the end of IPv6, needs its missing numbers.
 */
function mayBecome(beginning: string, parse: typeof parseIpv4): boolean {
  return endings.some((ending) => parse(beginning + ending) !== undefined);
}

const endings = ['', ':', '::', '0', '.0', '0.0', '.0.0', '0.0.0', '.0.0.0', '0.0.0.0'];

function malformed(why: string, line: string): SocketError {
  return new SocketError('PROXY_HEADER', `PROXY header ${JSON.stringify(line)}: ${why}`);
}

function cannotSay(what: string): SocketUsageError {
  return new SocketUsageError('BAD_ARGUMENT', `version 1 of the PROXY header cannot say ${what}`);
}
