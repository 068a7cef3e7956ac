// Synchronous, so that an application that answers at once still does: crypto.subtle answers with a promise, and has neither scrypt nor timingSafeEqual.
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Middleware } from '../application.ts';
import type { Environ } from '../environ.ts';
import { keepLifespan } from '../lifespan.ts';
import { textResponse } from '../text-response.ts';
import { isPasswordHash, parsePasswordHash, verifyPassword, type PasswordHash } from './password-hash.ts';

export { hashPassword } from './password-hash.ts';

/** One of `users` and `check`. */
export interface BasicAuthOptions {
  /** What the password is for, as the browser shows it; a browser keeps passwords by origin and realm. */
  readonly realm: string;
  /** Passwords by user, or what `hashPassword` made of them: all the one, or all the other. */
  readonly users?: Readonly<Record<string, string>>;
  /** Whether it is them. Unicode comes in normal form C. Where it throws the answer is the server's 500. */
  readonly check?: (user: string, password: string, environ: Environ) => boolean | Promise<boolean>;
}

/**
 * Lets in who knows a password: HTTP's Basic authentication in UTF-8 (RFC 7617). Over https only, for the password goes with each request, readable.
 *
 * ```ts
 * const app = basicAuth({ realm: 'staff', users: { ann: '$scrypt$ln=15,r=8,p=3$…' } })(pages);
 * ```
 *
 * Sets `REMOTE_USER` and `AUTH_TYPE` (`Basic`), and takes `HTTP_AUTHORIZATION` away, as RFC 3875 4.1.18 advises: what is behind needs to know who it is, and no password. What was
 * sent is still in `wirestack.raw_headers`. All else gets 401, what is malformed among it.
 *
 * Passwords are compared in constant time; a user that does not exist takes as long as one that does. A hash is computed on Node's threads, some 200 ms each; the last password that was right
 * is known again by its MAC, in no time. Guessing is `rateLimit`'s to stop.
 *
 * @throws TypeError for a realm with control characters or above U+00FF, a user with a colon, a hash that is malformed, hashes and passwords together
 */
export function basicAuth({ realm, users, check }: BasicAuthOptions): Middleware {
  if (!/^[\x20-\x7e\xa0-\xff]+$/.test(realm)) throw new TypeError(`realm cannot be ${JSON.stringify(realm)}`);
  if ((users === undefined) === (check === undefined)) throw new TypeError('either users or check');
  const challenge = [
    ['WWW-Authenticate', `Basic realm="${realm.replace(/["\\]/g, String.raw`\$&`)}", charset="UTF-8"`],
  ] as const;
  const isThem = check ?? checkOf(users ?? {});

  return (app) =>
    keepLifespan(app, (environ, startResponse) => {
      const credentials = readCredentials(environ['HTTP_AUTHORIZATION']);
      if (credentials === undefined) return textResponse(startResponse, '401 Unauthorized', challenge);
      const [user, password] = credentials;
      const go = (isRight: unknown): ReturnType<typeof app> => {
        // Not what is only like true: a check that forgot its await would let everybody in.
        if (isRight !== true) return textResponse(startResponse, '401 Unauthorized', challenge);
        environ['REMOTE_USER'] = user;
        environ['AUTH_TYPE'] = 'Basic';
        delete environ['HTTP_AUTHORIZATION'];
        return app(environ, startResponse);
      };
      const answer = isThem(user, password, environ);
      return typeof answer === 'boolean' ? go(answer) : Promise.resolve(answer).then(go);
    });
}

/** `user-pass` of RFC 7617 2: base64 of UTF-8, with a colon; no control characters. */
function readCredentials(authorization: string | undefined): [user: string, password: string] | undefined {
  const token = /^basic +([A-Za-z0-9+/]+={0,2})$/i.exec(authorization ?? '')?.[1];
  if (token === undefined || token.length % 4 === 1 || token.length > maxToken) return undefined;
  let text;
  try {
    text = strictUtf8.decode(Buffer.from(token, 'base64'));
  } catch {
    return undefined;
  }
  const colon = text.indexOf(':');
  // eslint-disable-next-line no-control-regex -- those are what is looked for
  if (colon < 0 || /[\0-\x1f\x7f]/.test(text)) return undefined;
  // The same name may be written in two ways, and keyboards differ (RFC 8265 3.4, 4.2).
  return [text.slice(0, colon).normalize('NFC'), text.slice(colon + 1).normalize('NFC')];
}

/** Made once: to make one takes longer than all the rest here. */
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
/** More is no password but work. */
const maxToken = 4096;

function checkOf(users: Readonly<Record<string, string>>): NonNullable<BasicAuthOptions['check']> {
  const entries = Object.entries(users).map(([user, secret]) => {
    // eslint-disable-next-line no-control-regex -- those are what is looked for
    if (/[:\0-\x1f\x7f]/.test(user)) throw new TypeError(`users: ${JSON.stringify(user)} cannot be sent`);
    return [user.normalize('NFC'), secret] as const;
  });
  const hashed = entries.filter(([, secret]) => isPasswordHash(secret)).length;
  if (hashed === 0) return checkOfPasswords(entries);
  // Or the time would tell who has which, and so who there is.
  if (hashed < entries.length) throw new TypeError('users: all passwords, or all hashes of them');
  return checkOfHashes(new Map(entries.map(([user, secret]) => [user, parsePasswordHash(secret)])));
}

type Entries = readonly (readonly [user: string, secret: string])[];

function checkOfPasswords(entries: Entries): (user: string, password: string) => boolean {
  const macs = new Map(entries.map(([user, secret]) => [user, macOf(secret.normalize('NFC'))]));
  return (user, password) => {
    const wanted = macs.get(user);
    const isSame = timingSafeEqual(macOf(password), wanted ?? nobody);
    return isSame && wanted !== undefined;
  };
}

function checkOfHashes(
  hashes: ReadonlyMap<string, PasswordHash>,
): (user: string, password: string) => boolean | Promise<boolean> {
  const [dummy] = hashes.values();
  const known = new Map<string, Uint8Array>();
  return (user, password) => {
    const mac = macOf(password);
    if (timingSafeEqual(mac, known.get(user) ?? nobody)) return known.has(user);
    const hash = hashes.get(user);
    return verifyPassword(password, hash ?? (dummy as PasswordHash)).then((isSame) => {
      if (isSame && hash !== undefined) known.set(user, mac);
      return isSame && hash !== undefined;
    });
  };
}

/** Of one length, and of no use to anybody: the key is of this process. */
function macOf(password: string): Uint8Array {
  return createHmac('sha256', key).update(password).digest();
}

const key = crypto.getRandomValues(new Uint8Array(32));
const nobody = crypto.getRandomValues(new Uint8Array(32));
