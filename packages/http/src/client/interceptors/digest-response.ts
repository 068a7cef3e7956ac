import { createHash } from 'node:crypto';
import { formatExtendedValue } from '../../fields/extended-value.ts';
import { formatQuotedString } from '../../fields/quoted-string.ts';
import type { Challenge } from './challenges.ts';

/** Hashes of RFC 7616 3.3 by the names they have there. */
export type DigestAlgorithm = 'MD5' | 'SHA-256' | 'SHA-512-256';

/** What a server wants proved, and how. */
export interface DigestChallenge {
  readonly realm: string;
  readonly nonce: string;
  readonly opaque: string | undefined;
  readonly algorithm: DigestAlgorithm;
  /** As it was sent, to be sent back. */
  readonly algorithmName: string | undefined;
  readonly isSession: boolean;
  /** Without, the server speaks as RFC 2069 did. */
  readonly hasQop: boolean;
  readonly isStale: boolean;
  readonly hashesUser: boolean;
  /** Where the nonce is good for; without, the whole origin. */
  readonly domain: readonly string[];
}

/** What goes into one answer. */
export interface DigestInput {
  readonly user: string;
  readonly password: string;
  readonly method: string;
  /** Path and query. */
  readonly uri: string;
  readonly cnonce: string;
  /** How often the nonce was used, this time included. */
  readonly count: number;
}

/** A challenge that can be answered: Digest with an algorithm that is `allowed`, and `qop` either missing or with `auth`. */
export function digestChallenge(
  { scheme, parameters }: Challenge,
  allowed: readonly DigestAlgorithm[],
): DigestChallenge | undefined {
  const realm = parameters.get('realm');
  const nonce = parameters.get('nonce');
  if (scheme !== 'digest' || realm === undefined || nonce === undefined) return undefined;
  const algorithmName = parameters.get('algorithm');
  const [, name, session] = /^(md5|sha-256|sha-512-256)(-sess)?$/i.exec(algorithmName ?? 'MD5') ?? [];
  const algorithm = allowed.find((one) => one === name?.toUpperCase());
  const qop = parameters.get('qop');
  const hasAuth = qop?.split(',').some((option) => option.trim().toLowerCase() === 'auth');
  if (algorithm === undefined || hasAuth === false) return undefined;
  return {
    realm,
    nonce,
    opaque: parameters.get('opaque'),
    algorithm,
    algorithmName,
    isSession: session !== undefined,
    hasQop: hasAuth === true,
    isStale: parameters.get('stale')?.toLowerCase() === 'true',
    hashesUser: parameters.get('userhash')?.toLowerCase() === 'true',
    domain: parameters.get('domain')?.split(' ').filter(Boolean) ?? [],
  };
}

/** The value of Authorization (RFC 7616 3.4). Names and passwords are hashed as UTF-8: the only charset that a server can ask for (3.3). */
export function digestAuthorization(challenge: DigestChallenge, input: DigestInput): string {
  const { realm, nonce, opaque, algorithmName, hasQop, hashesUser } = challenge;
  const { uri, cnonce } = input;
  const user = octets(input.user);
  const count = input.count.toString(16).padStart(8, '0');
  const parts = [
    hashesUser
      ? `username="${hashed(challenge, `${user}:${realm}`)}"`
      : `username${isPlain(user) ? `=${formatQuotedString(user)}` : `*=${formatExtendedValue(input.user)}`}`,
    `realm=${formatQuotedString(realm)}`,
    `nonce=${formatQuotedString(nonce)}`,
    `uri=${formatQuotedString(uri)}`,
    `response="${proof(challenge, input, user, count)}"`,
  ];
  if (algorithmName !== undefined) parts.push(`algorithm=${algorithmName}`);
  // An MD5-sess of RFC 2069's kind has no place for cnonce but this.
  if (hasQop || challenge.isSession) parts.push(`cnonce=${formatQuotedString(cnonce)}`);
  if (hasQop) parts.push('qop=auth', `nc=${count}`);
  if (opaque !== undefined) parts.push(`opaque=${formatQuotedString(opaque)}`);
  if (hashesUser) parts.push('userhash=true');
  return `Digest ${parts.join(', ')}`;
}

/** `response` of RFC 7616 3.4.1. */
function proof(challenge: DigestChallenge, input: DigestInput, user: string, count: string): string {
  const { realm, nonce, isSession, hasQop } = challenge;
  const { method, uri, cnonce } = input;
  const password = hashed(challenge, `${user}:${realm}:${octets(input.password)}`);
  const a1 = isSession ? hashed(challenge, `${password}:${nonce}:${cnonce}`) : password;
  const a2 = hashed(challenge, `${method}:${uri}`);
  return hashed(challenge, hasQop ? `${a1}:${nonce}:${count}:${cnonce}:auth:${a2}` : `${a1}:${nonce}:${a2}`);
}

/** Text of one character an octet, as fields are: what the server sent needs no reading then. */
function hashed({ algorithm }: DigestChallenge, text: string): string {
  return createHash(hashNames[algorithm]).update(text, 'latin1').digest('hex');
}

const hashNames: Readonly<Record<DigestAlgorithm, string>> = {
  MD5: 'md5',
  'SHA-256': 'sha256',
  'SHA-512-256': 'sha512-256',
};

function octets(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

function isPlain(text: string): boolean {
  return /^[\x20-\x7e]*$/.test(text);
}
