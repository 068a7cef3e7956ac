import { randomBytes } from 'node:crypto';
import { parseList } from '../../fields/list.ts';
import { parseParameters } from '../../fields/parameters.ts';
import { requireText } from '../basic-credentials.ts';
import type { ClientRequest, Interceptor, Send } from '../client-request.ts';
import type { ClientResponse } from '../client-response.ts';
import { requestTarget } from '../request-target.ts';
import { challengesOf } from './challenges.ts';
import { CredentialOrigins, type CredentialOptions } from './credential-origins.ts';
import {
  digestAuthorization,
  digestChallenge,
  type DigestAlgorithm,
  type DigestChallenge,
} from './digest-response.ts';
import { leaveBehind } from './leave-behind.ts';
import { replayOf } from './replay.ts';
import { fieldOf } from '../header-list.ts';

export interface DigestOptions extends CredentialOptions {
  /** What is answered. Default all three; without MD5, a server that offers nothing better is not answered. */
  readonly algorithms?: readonly DigestAlgorithm[] | undefined;
  /** Makes the client’s nonces. Default 16 random bytes as hex. */
  readonly cnonce?: (() => string) | undefined;
}

/**
 * Answers a 401 that asks for Digest (RFC 7616) by sending the request again with the proof, and proves at once from then on, for as long as the server takes the
 * nonce. The first challenge of the server that can be answered is, for it puts the best one first. `qop=auth-int` is not offered.
 *
 * The 401 is the answer where the proof was refused, or the body cannot be sent again; a request with `expectContinue` may have any body, since it is not asked for
 * before the proof is there.
 */
export function digestAuth(user: string, password: string, options: DigestOptions = {}): Interceptor {
  requireText(user + password);
  const origins = new CredentialOrigins(options);
  const memory = new DigestMemory(user, password, options);
  return (request, next) => {
    if (!origins.includes(request.url) || fieldOf(request.headers, 'authorization') !== undefined) {
      return next(request);
    }
    return memory.send(request, next);
  };
}

/** A nonce and how often it was used. */
class DigestSession {
  challenge: DigestChallenge;
  count = 0;
  /** One for all uses: a session’s key is made of it (3.4.2). */
  cnonce: string;

  constructor(challenge: DigestChallenge, cnonce: string) {
    this.challenge = challenge;
    this.cnonce = cnonce;
  }

  /** Is the nonce good for that URL (`domain`, 3.3)? */
  covers(url: string): boolean {
    const { domain } = this.challenge;
    if (domain.length === 0) return true;
    const { href } = requestTarget(url);
    return domain.some((space) => URL.canParse(space, href) && href.startsWith(new URL(space, href).href));
  }
}

class DigestMemory {
  readonly #user: string;
  readonly #password: string;
  readonly #algorithms: readonly DigestAlgorithm[];
  readonly #cnonce: () => string;
  /** By origin. */
  readonly #sessions = new Map<string, DigestSession>();

  constructor(user: string, password: string, options: DigestOptions) {
    this.#user = user;
    this.#password = password;
    this.#algorithms = options.algorithms ?? ['MD5', 'SHA-256', 'SHA-512-256'];
    this.#cnonce = options.cnonce ?? (() => randomBytes(16).toString('hex'));
  }

  async send(asked: ClientRequest, next: Send): Promise<ClientResponse> {
    const { request, canRepeat } = replayOf(asked);
    const { origin } = requestTarget(request.url);
    const known = this.#sessions.get(origin);
    const used = known?.covers(request.url) === true ? known : undefined;
    let response = await next(used === undefined ? request : this.#proved(request, used));
    // A nonce from before may have been forgotten: its refusal says nothing. One that came a moment ago may only be stale.
    for (let fresh = 0; response.status === 401 && fresh < maxFresh; fresh++) {
      const challenge = this.#challengeOf(response, origin);
      if (challenge === undefined || !canRepeat() || (fresh > 0 && !challenge.isStale)) break;
      await leaveBehind(response);
      const session = new DigestSession(challenge, this.#cnonce());
      this.#sessions.set(origin, session);
      response = await next(this.#proved(request, session));
    }
    if (response.status === 401) this.#sessions.delete(origin);
    else this.#takeNextNonce(origin, response);
    return response;
  }

  /** The best one; none where redirects led elsewhere, and another server asks. */
  #challengeOf({ url, headers }: ClientResponse, origin: string): DigestChallenge | undefined {
    if (requestTarget(url).origin !== origin) return undefined;
    for (const challenge of challengesOf(headers, 'www-authenticate')) {
      const digest = digestChallenge(challenge, this.#algorithms);
      if (digest !== undefined) return digest;
    }
    return undefined;
  }

  #proved(request: ClientRequest, session: DigestSession): ClientRequest {
    const value = digestAuthorization(session.challenge, {
      user: this.#user,
      password: this.#password,
      method: request.method,
      uri: requestTarget(request.url).path,
      cnonce: session.cnonce,
      count: ++session.count,
    });
    return { ...request, headers: [...request.headers, ['Authorization', value]] };
  }

  /** `Authentication-Info: nextnonce="…"` (3.5). */
  #takeNextNonce(origin: string, { headers }: ClientResponse): void {
    const session = this.#sessions.get(origin);
    const info = headers.get('authentication-info');
    if (session === undefined || info === undefined) return;
    const nonce = nextNonce(info);
    if (nonce === undefined || nonce === session.challenge.nonce) return;
    this.#sessions.set(origin, new DigestSession({ ...session.challenge, nonce }, this.#cnonce()));
  }
}

/** The first answer to a challenge, and one more for a nonce that was stale. */
const maxFresh = 2;

/** Of a list of parameters (RFC 9110 11.6.3). */
function nextNonce(info: string): string | undefined {
  for (const parameter of parseList(info)) {
    const nonce = parseParameters(`;${parameter}`)?.get('nextnonce');
    if (nonce !== undefined) return nonce;
  }
  return undefined;
}
