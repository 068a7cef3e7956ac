import { textResponse } from '@wirestack/gateway';
import { toLambda } from '@wirestack/gateway/lambda';

export const handler = toLambda((environ, startResponse) =>
  textResponse(startResponse, environ.PATH_INFO === '/' ? '200 OK' : '404 Not Found'),
);

const result = await handler({
  version: '2.0',
  rawPath: '/',
  rawQueryString: '',
  headers: { host: 'example.com' },
  requestContext: { http: { method: 'GET' } },
  isBase64Encoded: false,
});
console.log(result.statusCode, result.body); // 200 200 OK…
