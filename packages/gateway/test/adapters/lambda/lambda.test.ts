import type { ALBResult, APIGatewayProxyResult, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { validator, withLifespan, type Application, type Environ } from '@wirestack/gateway';
import { toLambda, type LambdaEvent, type LambdaResult } from '@wirestack/gateway/lambda';
import { httpApi, loadBalancer, restApi } from './events.ts';

/** The environ that an event makes. */
async function environOf(event: LambdaEvent, context?: unknown): Promise<Environ> {
  let seen: Environ | undefined;
  const app = validator((_environ, startResponse) => {
    startResponse('200 OK', [['Content-Type', 'text/plain']]);
    return ['ok'];
  });
  const handler = toLambda((environ, startResponse) => {
    seen = environ;
    return app(environ, startResponse);
  });
  expect(await handler(event, context)).toMatchObject({ statusCode: 200, body: 'ok' });
  return seen!;
}

function answering(
  headers: readonly (readonly [string, string])[],
  body: ReturnType<Application>,
  status: `${number} ${string}` = '200 OK',
): (event: LambdaEvent) => Promise<LambdaResult> {
  return toLambda((_environ, startResponse) => {
    startResponse(status, headers);
    return body;
  });
}

describe('the published events', () => {
  it('format 2.0: an HTTP API, or a function URL', async () => {
    const context = { awsRequestId: 'r' };
    const environ = await environOf(httpApi, context);
    expect(environ).toMatchObject({
      REQUEST_METHOD: 'POST',
      SCRIPT_NAME: '',
      PATH_INFO: '/my/path',
      QUERY_STRING: 'parameter1=value1&parameter1=value2&parameter2=value',
      REQUEST_URI: '/my/path?parameter1=value1&parameter1=value2&parameter2=value',
      REMOTE_ADDR: '192.0.2.1',
      SERVER_NAME: 'id.execute-api.us-east-1.amazonaws.com',
      SERVER_PORT: '443',
      SERVER_PROTOCOL: 'HTTP/1.1',
      CONTENT_LENGTH: '17',
      HTTP_HEADER2: 'value1,value2',
      HTTP_COOKIE: 'cookie1; cookie2',
      'wsgi.url_scheme': 'https',
      'lambda.event': httpApi,
      'lambda.context': context,
    });
    expect(Buffer.from(await environ['wsgi.input'].read()).toString()).toBe('Hello from Lambda');
    expect(await environ['wsgi.input'].read()).toHaveLength(0);
  });

  it('format 2.0 with a stage in its path: the stage is where the application is mounted', async () => {
    const requestContext = { ...httpApi.requestContext, stage: 'test' };
    const staged = { ...httpApi, rawPath: '/test/my/path', requestContext };
    expect(await environOf(staged)).toMatchObject({
      SCRIPT_NAME: '/test',
      PATH_INFO: '/my/path',
      REQUEST_URI: expect.stringMatching(/^\/test\/my\/path\?/) as string,
    });
    expect(await environOf({ ...httpApi, rawPath: '/testing', requestContext })).toMatchObject({
      SCRIPT_NAME: '',
      PATH_INFO: '/testing',
    });
  });

  it('format 1.0: a REST API, its parameters decoded, its stage in front', async () => {
    const environ = await environOf(restApi);
    expect(environ).toMatchObject({
      REQUEST_METHOD: 'GET',
      SCRIPT_NAME: '/prod',
      PATH_INFO: '/my/path',
      QUERY_STRING: 'parameter1=value1&parameter1=value2&parameter2=a%20value',
      REMOTE_ADDR: '203.0.113.9',
      HTTP_HEADER1: 'value1',
      HTTP_HEADER2: 'value1, value2',
      HTTP_HOST: 'id.execute-api.us-east-1.amazonaws.com',
    });
    expect(environ.CONTENT_LENGTH).toBeUndefined();
    expect(environ['wirestack.raw_headers']).toContainEqual(['header2', 'value2']);
  });

  it('a load balancer: parameters as they were sent, the client from X-Forwarded-For', async () => {
    expect(await environOf(loadBalancer)).toMatchObject({
      PATH_INFO: '/lambda',
      QUERY_STRING: 'query=1234ABCD&q=a%20b',
      REMOTE_ADDR: '72.12.164.125',
      SERVER_PORT: '80',
      'wsgi.url_scheme': 'http',
    });
  });

  it('takes and gives what the types of AWS say', () => {
    expectTypeOf(httpApi).toExtend<LambdaEvent>();
    expectTypeOf(restApi).toExtend<LambdaEvent>();
    expectTypeOf(loadBalancer).toExtend<LambdaEvent>();
    expectTypeOf<LambdaResult>().toExtend<APIGatewayProxyResult>();
    expectTypeOf<LambdaResult>().toExtend<APIGatewayProxyStructuredResultV2>();
    expectTypeOf<LambdaResult>().toExtend<ALBResult>();
  });
});

describe('a request', () => {
  it('has the bytes of a body in base64', async () => {
    const bytes = Buffer.from([0, 255, 128, 10]);
    const environ = await environOf({ ...httpApi, body: bytes.toString('base64'), isBase64Encoded: true });
    expect(environ.CONTENT_LENGTH).toBe('4');
    expect(Buffer.from(await environ['wsgi.input'].read())).toEqual(bytes);
  });

  it('has a decoded path, and the target as it was sent', async () => {
    expect(await environOf({ ...httpApi, rawPath: '/caf%C3%A9/a b', rawQueryString: '' })).toMatchObject({
      PATH_INFO: '/café/a b',
      REQUEST_URI: expect.stringMatching(/a%20b$/) as string,
    });
  });

  it('has no Proxy and no names with an underscore (CVE-2016-5385, CVE-2015-0219)', async () => {
    const environ = await environOf({ ...httpApi, headers: { Proxy: 'evil', X_Real: '1' } });
    expect(Object.keys(environ).filter((key) => key.startsWith('HTTP_'))).toEqual(['HTTP_COOKIE']);
    expect(environ).toMatchObject({ SERVER_NAME: 'localhost', SERVER_PORT: '443' });
  });
});

describe('a response', () => {
  const cookies = [
    ['Content-Type', 'text/plain'],
    ['Set-Cookie', 'a=1'],
    ['Set-Cookie', 'b=2'],
    ['Vary', 'Accept'],
    ['Vary', 'Cookie'],
  ] as const;

  it('has its cookies apart in format 2.0', async () => {
    expect(await answering(cookies, ['x'])(httpApi)).toEqual({
      statusCode: 200,
      headers: { 'content-type': 'text/plain', vary: 'Accept, Cookie' },
      cookies: ['a=1', 'b=2'],
      body: 'x',
      isBase64Encoded: false,
    });
  });

  it('has lists in format 1.0', async () => {
    expect(await answering(cookies, ['x'])(restApi)).toEqual({
      statusCode: 200,
      multiValueHeaders: {
        'content-type': ['text/plain'],
        'set-cookie': ['a=1', 'b=2'],
        vary: ['Accept', 'Cookie'],
      },
      body: 'x',
      isBase64Encoded: false,
    });
  });

  it('has the form that the load balancer used itself, and a description', async () => {
    expect(await answering(cookies, ['x'], '404 Not Found')(loadBalancer)).toMatchObject({
      statusCode: 404,
      statusDescription: '404 Not Found',
      headers: { 'set-cookie': 'b=2' },
    });
    const lists = { ...loadBalancer, headers: {}, multiValueHeaders: { host: ['h'] } };
    expect(await answering(cookies, ['x'])(lists)).toMatchObject({
      multiValueHeaders: { 'set-cookie': ['a=1', 'b=2'] },
    });
  });

  it('is text where its type is text and it is UTF-8, else base64', async () => {
    const cases: [type: string, body: Uint8Array | string, isBase64: boolean][] = [
      ['text/html; charset=utf-8', 'é', false],
      ['application/json', '{}', false],
      ['application/problem+json', '{}', false],
      ['image/svg+xml', '<svg/>', false],
      ['image/png', 'text', true],
      ['text/plain', Uint8Array.of(0xff), true],
    ];
    for (const [type, body, isBase64] of cases) {
      const result = await answering([['Content-Type', type]], [body])(httpApi);
      expect(result.isBase64Encoded, type).toBe(isBase64);
      expect(Buffer.from(result.body, isBase64 ? 'base64' : 'utf8'), type).toEqual(Buffer.from(body));
    }
    const coded = [
      ['Content-Type', 'text/plain'],
      ['Content-Encoding', 'gzip'],
    ] as const;
    expect((await answering(coded, ['abc'])(httpApi)).isBase64Encoded).toBe(true);
  });

  it('gathers a body in pieces, and closes it once', async () => {
    let closes = 0;
    const body = Object.assign(
      (async function* () {
        yield 'a';
        await Promise.resolve();
        yield new Uint8Array([0x62]);
      })(),
      { close: () => void closes++ },
    );
    const result = await answering([['Content-Type', 'text/plain']], body)(httpApi);
    expect(result.body).toBe('ab');
    expect(closes).toBe(1);
  });

  it('has no body to HEAD: it is closed, and not read', async () => {
    let pulls = 0;
    let closes = 0;
    const body = {
      *[Symbol.iterator]() {
        for (;;) {
          pulls++;
          yield 'x';
        }
      },
      close: () => void closes++,
    };
    const result = await answering([], body)({ ...restApi, httpMethod: 'HEAD' });
    expect(result).toMatchObject({ statusCode: 200, body: '', isBase64Encoded: false });
    // The first is looked at, for until it is there the head may change.
    expect({ pulls, closes }).toEqual({ pulls: 1, closes: 1 });
  });

  it('is 500 where the application throws, before its head or in its body', async () => {
    for (const late of [false, true]) {
      const errors: unknown[] = [];
      const fault = new Error('secret');
      const handler = toLambda(
        (_environ, startResponse) => {
          if (!late) throw fault;
          startResponse('200 OK', []);
          return (function* () {
            yield 'begun';
            throw fault;
          })();
        },
        { onError: (error) => void errors.push(error) },
      );
      const result = await handler(restApi);
      expect(result).toMatchObject({ statusCode: 500, isBase64Encoded: false });
      expect(JSON.stringify(result)).not.toContain('secret');
      expect(errors).toEqual([fault]);
    }
  });
});

describe('a lifespan', () => {
  it('starts with the first call, once for calls beside each other', async () => {
    let starts = 0;
    const app: Application = (_environ, startResponse) => {
      startResponse('200 OK', []);
      return [String(starts)];
    };
    const handler = toLambda(withLifespan(app, { start: () => void starts++ }));
    await Promise.all([handler(restApi), handler(restApi)]);
    await handler(restApi);
    expect(starts).toBe(1);
  });

  it('that fails is tried again by the next call', async () => {
    let starts = 0;
    const app: Application = (_environ, startResponse) => {
      startResponse('200 OK', []);
      return ['ok'];
    };
    const start = (): void => {
      if (++starts === 1) throw new Error('not yet');
    };
    const handler = toLambda(withLifespan(app, { start }), { onError: () => undefined });
    expect((await handler(restApi)).statusCode).toBe(500);
    expect((await handler(restApi)).statusCode).toBe(200);
  });
});
