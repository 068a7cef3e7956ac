import type { HeaderList } from '@wirestack/http';
import type { Middleware } from '../application.ts';
import { keepLifespan } from '../lifespan.ts';
import { remembering } from './remembering.ts';
import { changeHeaders } from './response-parts.ts';

/** A policy by its directives: sources, `true` for a directive without, `false` to leave out one of the defaults. */
export type ContentSecurityPolicy = Readonly<Record<string, string | readonly string[] | boolean>>;

/** Each a value of its field, or `false` for none. */
export interface SecurityHeadersOptions {
  /**
   * Directives that take the place of the default ones. The source `'nonce'`, with its quotes, becomes `'nonce-…'`, new for each request; what stands behind it
   * is in `environ['wirestack.csp_nonce']` for `<script nonce>`.
   */
  readonly contentSecurityPolicy?: ContentSecurityPolicy | false;
  /** Browsers report what the policy forbids, and do it all the same. Default false. */
  readonly reportOnly?: boolean;
  /** Over https only (RFC 6797 7.2). Default `max-age=31536000; includeSubDomains`. */
  readonly strictTransportSecurity?: string | false;
  /** Default `nosniff`. */
  readonly contentTypeOptions?: string | false;
  /** Default `no-referrer`. */
  readonly referrerPolicy?: string | false;
  /** Default `SAMEORIGIN`, for browsers that do not know `frame-ancestors`. */
  readonly frameOptions?: string | false;
  /** Default `same-origin`. */
  readonly crossOriginOpenerPolicy?: string | false;
  /** Default `same-origin`: images and scripts are not for pages of others. A public CDN says `cross-origin`. */
  readonly crossOriginResourcePolicy?: string | false;
  /** Default none: what is embedded would all have to say that it may be. */
  readonly crossOriginEmbedderPolicy?: string | false;
  /** Default `?1`. */
  readonly originAgentCluster?: string | false;
  /** `camera=(), geolocation=()`. Default none: what a site uses only it knows. */
  readonly permissionsPolicy?: string | false;
  /** Default `off`: no names of hosts are looked up before a link is followed. */
  readonly dnsPrefetchControl?: string | false;
  /** Default `none`, for documents of Acrobat. */
  readonly permittedCrossDomainPolicies?: string | false;
  /** Default `0`: the filter of old browsers could be used for attacks. */
  readonly xssProtection?: string | false;
}

/**
 * The fields that make browsers careful, with the defaults of helmet: a page runs and shows what its own origin has, and is framed by it only. Fields of the
 * application win, each by its name.
 *
 * ```ts
 * const app = securityHeaders({
 *   contentSecurityPolicy: { 'script-src': ["'self'", "'nonce'"], 'img-src': ["'self'", 'https://img.example'] },
 *   crossOriginResourcePolicy: false,
 * })(pages);
 * ```
 *
 * Sets `wirestack.csp_nonce` (a string) where the policy has a nonce. `upgrade-insecure-requests` and HSTS go over https only.
 *
 * @throws TypeError for a value with control characters, or a directive that would end before its end
 * @see https://www.w3.org/TR/CSP3/ and https://owasp.org/www-project-secure-headers/
 */
export function securityHeaders(options: SecurityHeadersOptions = {}): Middleware {
  const over = {
    http: prepare(options, false),
    https: prepare(options, true),
  };
  return (app) =>
    keepLifespan(app, (environ, startResponse) => {
      const prepared = environ['wsgi.url_scheme'] === 'https' ? over.https : over.http;
      const { isOurs } = prepared;
      let { fields } = prepared;
      if (prepared.policy !== undefined) {
        const nonce = newNonce();
        environ['wirestack.csp_nonce'] = nonce;
        fields = [...fields, [prepared.policyName, prepared.policy.join(`'nonce-${nonce}'`)]];
      }
      return app(
        environ,
        changeHeaders(startResponse, (headers) => withMissing(headers, fields, isOurs)),
      );
    });
}

interface Prepared {
  readonly fields: HeaderList;
  readonly policyName: string;
  /** What stands between the nonces; `undefined` where there are none. */
  readonly policy: readonly string[] | undefined;
  /** Whether one of ours has this name, in any case. */
  readonly isOurs: (name: string) => boolean;
}

function prepare(options: SecurityHeadersOptions, isHttps: boolean): Prepared {
  const given: [name: string, value: string | false][] = [
    ['Cross-Origin-Opener-Policy', options.crossOriginOpenerPolicy ?? 'same-origin'],
    ['Cross-Origin-Resource-Policy', options.crossOriginResourcePolicy ?? 'same-origin'],
    ['Cross-Origin-Embedder-Policy', options.crossOriginEmbedderPolicy ?? false],
    ['Origin-Agent-Cluster', options.originAgentCluster ?? '?1'],
    ['Permissions-Policy', options.permissionsPolicy ?? false],
    ['Referrer-Policy', options.referrerPolicy ?? 'no-referrer'],
    ['X-Content-Type-Options', options.contentTypeOptions ?? 'nosniff'],
    ['X-DNS-Prefetch-Control', options.dnsPrefetchControl ?? 'off'],
    ['X-Frame-Options', options.frameOptions ?? 'SAMEORIGIN'],
    ['X-Permitted-Cross-Domain-Policies', options.permittedCrossDomainPolicies ?? 'none'],
    ['X-XSS-Protection', options.xssProtection ?? '0'],
  ];
  const transport = options.strictTransportSecurity ?? 'max-age=31536000; includeSubDomains';
  given.push(['Strict-Transport-Security', transport]);
  for (const [name, value] of given) {
    if (value !== false && !/^[\x20-\x7e]+$/.test(value))
      throw new TypeError(`${name} cannot be ${JSON.stringify(value)}`);
  }
  const fields = given.filter(
    (field): field is [string, string] =>
      field[1] !== false && (isHttps || field[0] !== 'Strict-Transport-Security'),
  );
  const { contentSecurityPolicy = {}, reportOnly = false } = options;
  const policyName = `Content-Security-Policy${reportOnly ? '-Report-Only' : ''}`;
  const policy = contentSecurityPolicy === false ? '' : policyText(contentSecurityPolicy, isHttps);
  const names = new Set([policyName, ...fields.map(([name]) => name)].map((name) => name.toLowerCase()));
  const isOurs = remembering((name) => names.has(name.toLowerCase()));
  if (policy.includes("'nonce'")) return { fields, policyName, policy: policy.split("'nonce'"), isOurs };
  if (policy !== '') fields.push([policyName, policy]);
  return { fields, policyName, policy: undefined, isOurs };
}

const defaultPolicy: ContentSecurityPolicy = {
  'default-src': ["'self'"],
  'base-uri': ["'self'"],
  'font-src': ["'self'", 'https:', 'data:'],
  'form-action': ["'self'"],
  'frame-ancestors': ["'self'"],
  'img-src': ["'self'", 'data:'],
  'object-src': ["'none'"],
  'script-src': ["'self'"],
  'script-src-attr': ["'none'"],
  'style-src': ["'self'", 'https:', "'unsafe-inline'"],
  'upgrade-insecure-requests': true,
};

function policyText(given: ContentSecurityPolicy, isHttps: boolean): string {
  const directives: string[] = [];
  for (const [name, sources] of Object.entries({ ...defaultPolicy, ...given })) {
    if (!/^[a-z]+(?:-[a-z]+)*$/.test(name))
      throw new TypeError(
        `contentSecurityPolicy: ${JSON.stringify(name)} is no directive such as script-src`,
      );
    if (sources === false || (name === 'upgrade-insecure-requests' && !isHttps)) continue;
    const list = sources === true ? [] : typeof sources === 'string' ? [sources] : sources;
    for (const source of list) {
      // A semicolon or a comma would begin another directive, or policy (CSP3 2.2).
      if (!/^[\x20-\x7e]+$/.test(source) || /[;,]/.test(source))
        throw new TypeError(`contentSecurityPolicy: ${name} cannot have ${JSON.stringify(source)}`);
    }
    directives.push([name, ...list].join(' '));
  }
  return directives.join('; ');
}

/** 128 bits, as CSP3 7.1 asks for. */
function newNonce(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString('base64');
}

/** With those of `fields` that `headers` has not. Nearly always that is all of them. */
function withMissing(headers: HeaderList, fields: HeaderList, isOurs: Prepared['isOurs']): HeaderList {
  if (!headers.some(([name]) => isOurs(name))) return [...headers, ...fields];
  const given = new Set(headers.map(([name]) => name.toLowerCase()));
  return [...headers, ...fields.filter(([name]) => !given.has(name.toLowerCase()))];
}
