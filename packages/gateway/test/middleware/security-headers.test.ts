import { describe, expect, it } from 'vitest';
import type { Application } from '@wirestack/gateway';
import { securityHeaders } from '../../src/middleware/security-headers.ts';
import { validator } from '../../src/validator/validator.ts';
import { call, saying } from './called.ts';

const policy =
  "default-src 'self'; base-uri 'self'; font-src 'self' https: data:; form-action 'self'; frame-ancestors 'self'; " +
  "img-src 'self' data:; object-src 'none'; script-src 'self'; script-src-attr 'none'; style-src 'self' https: 'unsafe-inline'";
const https = { 'wsgi.url_scheme': 'https' };
const csp = 'content-security-policy';

describe('by default', () => {
  it('a page gets what helmet sends', async () => {
    const reply = await call(validator(securityHeaders()(validator(saying('x')))));
    expect(reply.headers).toEqual([
      ['Content-Type', 'text/plain'],
      ['Cross-Origin-Opener-Policy', 'same-origin'],
      ['Cross-Origin-Resource-Policy', 'same-origin'],
      ['Origin-Agent-Cluster', '?1'],
      ['Referrer-Policy', 'no-referrer'],
      ['X-Content-Type-Options', 'nosniff'],
      ['X-DNS-Prefetch-Control', 'off'],
      ['X-Frame-Options', 'SAMEORIGIN'],
      ['X-Permitted-Cross-Domain-Policies', 'none'],
      ['X-XSS-Protection', '0'],
      ['Content-Security-Policy', policy],
    ]);
  });

  it('over https what belongs there, too', async () => {
    const reply = await call(securityHeaders()(saying('x')), https);
    expect(reply.header('strict-transport-security')).toBe('max-age=31536000; includeSubDomains');
    expect(reply.header(csp)).toBe(`${policy}; upgrade-insecure-requests`);
  });
});

it('each can be left out', async () => {
  const app = securityHeaders({
    contentSecurityPolicy: false,
    strictTransportSecurity: false,
    contentTypeOptions: false,
    referrerPolicy: false,
    frameOptions: false,
    crossOriginOpenerPolicy: false,
    crossOriginResourcePolicy: false,
    originAgentCluster: false,
    dnsPrefetchControl: false,
    permittedCrossDomainPolicies: false,
    xssProtection: false,
  })(saying('x'));
  expect((await call(app, https)).headers).toEqual([['Content-Type', 'text/plain']]);
});

it('each can be another, and those without default be said', async () => {
  const app = securityHeaders({
    referrerPolicy: 'origin',
    crossOriginEmbedderPolicy: 'require-corp',
    permissionsPolicy: 'camera=()',
    strictTransportSecurity: 'max-age=5',
  })(saying('x'));
  const reply = await call(app, https);
  expect(reply.header('referrer-policy')).toBe('origin');
  expect(reply.header('cross-origin-embedder-policy')).toBe('require-corp');
  expect(reply.header('permissions-policy')).toBe('camera=()');
  expect(reply.header('strict-transport-security')).toBe('max-age=5');
});

it('what the application says stands, in any case, and once', async () => {
  const app = saying('x', [
    ['Content-Type', 'text/plain'],
    ['x-frame-options', 'DENY'],
    ['CONTENT-SECURITY-POLICY', "default-src 'none'"],
  ]);
  const reply = await call(securityHeaders()(app));
  expect(reply.all('x-frame-options')).toEqual(['DENY']);
  expect(reply.all(csp)).toEqual(["default-src 'none'"]);
});

it('an error page has them once', async () => {
  const app: Application = (_environ, startResponse) => {
    startResponse('200 OK', []);
    startResponse('500 Oh No', [], new Error('late'));
    return ['sorry'];
  };
  const reply = await call(securityHeaders()(app));
  expect(reply.status).toBe(500);
  expect(reply.all('x-frame-options')).toEqual(['SAMEORIGIN']);
});

describe('a policy', () => {
  it('is merged with the default, directive by directive', async () => {
    const app = securityHeaders({
      contentSecurityPolicy: {
        'img-src': ["'self'", 'https://img.example'],
        'script-src-attr': false,
        'style-src': "'self'",
        sandbox: true,
        'report-to': 'main',
      },
    })(saying('x'));
    const text = (await call(app)).header(csp);
    expect(text).toContain("; img-src 'self' https://img.example; ");
    expect(text).toContain("; style-src 'self'; sandbox; report-to main");
    expect(text).not.toContain('script-src-attr');
    expect(text).not.toContain('unsafe-inline');
  });

  it('may only report', async () => {
    const reply = await call(securityHeaders({ reportOnly: true })(saying('x')));
    expect(reply.header('content-security-policy-report-only')).toBe(policy);
    expect(reply.header(csp)).toBeUndefined();
  });

  it('has a nonce for each request, which the application is told', async () => {
    const nonces: unknown[] = [];
    const app = securityHeaders({
      contentSecurityPolicy: { 'script-src': ["'self'", "'nonce'"], 'style-src': ["'nonce'"] },
    })((environ, startResponse) => {
      nonces.push(environ['wirestack.csp_nonce']);
      startResponse('200 OK', []);
      return [];
    });
    for (const environ of [{}, https]) {
      const text = (await call(app, environ)).header(csp);
      const nonce = String(nonces.at(-1));
      expect(nonce).toMatch(/^[A-Za-z\d+/]{22}==$/);
      expect(text).toContain(`script-src 'self' 'nonce-${nonce}'; `);
      expect(text).toContain(`style-src 'nonce-${nonce}'`);
    }
    expect(new Set(nonces).size).toBe(2);
  });

  it('without a nonce makes none', async () => {
    const app = securityHeaders()((environ, startResponse) => {
      startResponse('200 OK', []);
      return [String('wirestack.csp_nonce' in environ)];
    });
    expect((await call(app)).text).toBe('false');
  });
});

it.each([
  [{ referrerPolicy: 'a\r\nSet-Cookie: b' }],
  [{ frameOptions: '' }],
  [{ contentSecurityPolicy: { 'script-src': ["'self'; img-src *"] } }],
  [{ contentSecurityPolicy: { 'script-src': ["'self', default-src *"] } }],
  [{ contentSecurityPolicy: { 'script-src': "'self'\n" } }],
  [{ contentSecurityPolicy: { scriptSrc: "'self'" } }],
])('%j is refused', (options) => {
  expect(() => securityHeaders(options as never)).toThrow(TypeError);
});
