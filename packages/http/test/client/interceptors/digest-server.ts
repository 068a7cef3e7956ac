import { createHash } from 'node:crypto';
import { parseChallenges } from '../../../src/client/interceptors/index.ts';
import { formatQuotedString } from '../../../src/fields/index.ts';
import type { MockCall, MockReply, ReplyParts } from '../../../src/testing/index.ts';

export interface DigestServerOptions {
  readonly algorithm?: string;
  readonly user?: string;
  readonly password?: string;
  /** Without `qop`, as in RFC 2069. */
  readonly isOld?: boolean;
  readonly userhash?: boolean;
  /** Uses before a nonce is stale. */
  readonly uses?: number;
  /** Says so. */
  readonly saysStale?: boolean;
  readonly domain?: string;
  /** Default one with quotes in it. */
  readonly realm?: string;
}

/** Checks Digest as RFC 7616 3.4 has it, written apart from the client: wants each nonce counted without gaps. */
export class DigestServer {
  readonly #options: DigestServerOptions;
  #nonces = 0;
  #count = 0;
  #sessionKey: string | undefined;
  /** Of requests that were let in. */
  readonly admitted: string[] = [];
  challenged = 0;

  constructor(options: DigestServerOptions = {}) {
    this.#options = options;
  }

  get #realm(): string {
    return this.#options.realm ?? 'the "vault"';
  }

  readonly reply: MockReply = (call) => {
    const proof = call.headers.get('authorization');
    const verdict = proof === undefined ? 'unknown' : this.#check(call, proof);
    if (verdict === 'good') {
      this.admitted.push(`${call.method} ${call.url}`);
      return { body: `welcome: ${call.text}` };
    }
    return this.#challenge(verdict === 'stale' && this.#options.saysStale !== false);
  };

  /** Forgets the nonce, as a server does that is started again. */
  restart(): void {
    this.#nonces += 100;
  }

  #challenge(isStale: boolean): ReplyParts {
    this.challenged++;
    this.#nonces++;
    this.#count = 0;
    this.#sessionKey = undefined;
    const { algorithm, isOld, userhash, domain } = this.#options;
    const parts = [
      `realm=${formatQuotedString(this.#realm)}`,
      `nonce="n${String(this.#nonces)}"`,
      'opaque="a+b="',
    ];
    if (algorithm !== undefined) parts.push(`algorithm=${algorithm}`);
    if (isOld !== true) parts.push('qop="auth-int, auth"');
    if (userhash === true) parts.push('userhash=true');
    if (domain !== undefined) parts.push(`domain="${domain}"`);
    if (isStale) parts.push('stale=TRUE');
    return {
      status: 401,
      headers: [['WWW-Authenticate', `Basic realm="x", Digest ${parts.join(', ')}`]],
      body: 'who?',
    };
  }

  #check(call: MockCall, proof: string): 'good' | 'bad' | 'stale' {
    const {
      user = 'Mufasa',
      password = 'Circle of Life',
      isOld,
      uses = Infinity,
      algorithm = 'MD5',
    } = this.#options;
    const given = parseChallenges(proof)![0]!.parameters;
    const of = (name: string): string => given.get(name) ?? '';
    if (of('nonce') !== `n${String(this.#nonces)}`) return 'stale';
    const hash = (text: string): string =>
      createHash(
        algorithm
          .toLowerCase()
          .replace(/-sess$/, '')
          .replace('sha-', 'sha')
          .replace('sha256-', 'sha256'),
      )
        .update(text)
        .digest('hex');
    const realm = this.#realm;
    const name = this.#options.userhash === true ? hash(`${user}:${realm}`) : user;
    const { pathname, search } = new URL(call.url);
    let a1 = hash(`${user}:${realm}:${password}`);
    if (/-sess$/i.test(algorithm)) a1 = this.#sessionKey ??= hash(`${a1}:${of('nonce')}:${of('cnonce')}`);
    const a2 = hash(`${call.method}:${pathname}${search}`);
    this.#count++;
    const count = this.#count.toString(16).padStart(8, '0');
    const response = hash(
      isOld === true
        ? `${a1}:${of('nonce')}:${a2}`
        : `${a1}:${of('nonce')}:${count}:${of('cnonce')}:auth:${a2}`,
    );
    if (of('username') !== name || of('uri') !== pathname + search || of('opaque') !== 'a+b=') return 'bad';
    if (isOld !== true && (of('nc') !== count || of('qop') !== 'auth')) return 'bad';
    if (of('response') !== response) return 'bad';
    return this.#count > uses ? 'stale' : 'good';
  }
}
