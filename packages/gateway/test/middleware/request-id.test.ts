import { describe, expect, it } from 'vitest';
import { run, setupTestingDefaults, validator, type Application, type Environ } from '@wirestack/gateway';
import { withLifespan } from '../../src/lifespan.ts';
import { requestId, type RequestIdOptions } from '../../src/middleware/request-id.ts';

const shown: Application = (environ, startResponse) => {
  startResponse('200 OK', [['Content-Type', 'text/plain']]);
  return [environ['wirestack.request_id'] as string];
};

function ask(
  options: RequestIdOptions,
  environ: Partial<Environ> = {},
  app: Application = shown,
): { id: string; headers: Record<string, string> } {
  const response = run(requestId(options)(app), setupTestingDefaults(environ));
  if (response instanceof Promise) throw new Error('a promise that nobody made');
  return { id: response.body as string, headers: Object.fromEntries(response.headers) };
}

const generate = (): string => 'made';
const trust = (): boolean => true;

describe('requestId', () => {
  it('makes one for each request, and tells the client', () => {
    const first = ask({});
    const second = ask({});
    expect(first.id).toMatch(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/);
    expect(first.headers).toEqual({ 'Content-Type': 'text/plain', 'X-Request-ID': first.id });
    expect(second.id).not.toBe(first.id);
  });

  it.each(['abc-123', 'a', 'A_.~+/=:@-9', 'x'.repeat(128)])('takes %j from whom it trusts', (given) => {
    expect(ask({ generate, trust }, { HTTP_X_REQUEST_ID: given }).id).toBe(given);
    expect(ask({ generate }, { HTTP_X_REQUEST_ID: given }).id).toBe('made');
    expect(ask({ generate, trust: () => false }, { HTTP_X_REQUEST_ID: given }).id).toBe('made');
  });

  it.each(['', ' ', 'a b', 'a,b', 'a, b', 'a\nb', 'a\r\n', 'ä', '<b>', 'a"b', 'a\\b', 'x'.repeat(129)])(
    'does not take %j from anybody',
    (given) => {
      expect(ask({ generate, trust }, { HTTP_X_REQUEST_ID: given }).id).toBe('made');
    },
  );

  it('asks about the request it has', () => {
    const near = (environ: Environ): boolean => environ.REMOTE_ADDR === '10.0.0.1';
    const environ = { HTTP_TRACE: 'x' };
    const options = { header: 'Trace', trust: near, generate };
    expect(ask(options, { ...environ, REMOTE_ADDR: '10.0.0.1' })).toMatchObject({
      id: 'x',
      headers: { Trace: 'x' },
    });
    expect(ask(options, { ...environ, REMOTE_ADDR: '10.0.0.2' }).id).toBe('made');
  });

  it('leaves the header of the application, and adds one to a second head', () => {
    const own: Application = (_environ, startResponse) => {
      startResponse('200 OK', []);
      startResponse('500 X', [['x-request-id', 'own']], new Error('again'));
      return [];
    };
    expect(ask({ generate }, {}, own).headers).toEqual({ 'x-request-id': 'own' });
    const twice: Application = (environ, startResponse) => {
      startResponse('200 OK', []);
      startResponse('500 X', [], new Error('again'));
      return [environ['wirestack.request_id'] as string];
    };
    expect(ask({ generate }, {}, twice).headers).toEqual({ 'X-Request-ID': 'made' });
  });

  it('keeps to the interface, and the lifespan', async () => {
    const app = withLifespan(shown, {});
    const wrapped = requestId({ generate })(validator(app));
    expect((await run(validator(wrapped), setupTestingDefaults())).status).toBe(200);
    expect(requestId()(app).lifespan).toBe(app.lifespan);
  });

  it('refuses options that are none', () => {
    for (const options of [
      { header: 'a b' },
      { header: '' },
      { header: 'Proxy' },
      { trust: 1 },
      { generate: 1 },
    ]) {
      expect(() => requestId(options as object)).toThrow(TypeError);
    }
  });
});
