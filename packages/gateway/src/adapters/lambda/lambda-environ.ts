import { decodePath, environKey, joinValues, type Environ } from '../../environ.ts';
import { standardError } from '../../standard-error.ts';
import { FileWrapper } from '../../file-wrapper.ts';
import { InputStream } from '../../input-stream.ts';
import { encodedPath } from '../../request-uri.ts';
import type { LambdaEvent, LambdaEventV1, LambdaEventV2 } from './lambda-event.ts';

/** The environ of an event. `lambda.event` and `lambda.context` are what the function was called with. */
export function environOf(event: LambdaEvent, context: unknown): Environ {
  const fields = fieldsOf(event);
  const place = 'httpMethod' in event ? placeOfV1(event) : placeOfV2(event);
  let body: Uint8Array | undefined =
    event.body === undefined || event.body === null
      ? undefined
      : Buffer.from(event.body, event.isBase64Encoded === true ? 'base64' : 'utf8');
  const { length = 0 } = body ?? {};
  const source = {
    read: (): Promise<Uint8Array | undefined> => {
      const all = body;
      body = undefined;
      return Promise.resolve(all?.length === 0 ? undefined : all);
    },
  };
  const [name = 'localhost', port] = splitHost(fields.find(([key]) => key.toLowerCase() === 'host')?.[1]);
  const scheme = fields.find(([key]) => key.toLowerCase() === 'x-forwarded-proto')?.[1] ?? 'https';
  const environ: Environ = {
    ...place,
    SERVER_NAME: name,
    SERVER_PORT: port ?? (scheme === 'http' ? '80' : '443'),
    'wsgi.version': [1, 0],
    'wsgi.url_scheme': scheme === 'http' ? 'http' : 'https',
    'wsgi.input': new InputStream({ body: source }),
    'wsgi.errors': standardError,
    'wsgi.multithread': false,
    'wsgi.multiprocess': true,
    'wsgi.run_once': false,
    'wsgi.input_terminated': true,
    'wsgi.file_wrapper': FileWrapper,
    'wirestack.signal': new AbortController().signal,
    'wirestack.raw_headers': fields,
    'wirestack.trailers': [],
    'wirestack.early_hints': () => undefined,
    'lambda.event': event,
    'lambda.context': context,
  };
  for (const [field, value] of fields) {
    const key = environKey(field);
    if (key === undefined || key === 'CONTENT_LENGTH') continue;
    environ[key] = joinValues(key, environ[key] as string | undefined, value);
  }
  if (length > 0) environ.CONTENT_LENGTH = String(length);
  return environ;
}

type Place = Pick<
  Environ,
  | 'REQUEST_METHOD'
  | 'SCRIPT_NAME'
  | 'PATH_INFO'
  | 'QUERY_STRING'
  | 'REQUEST_URI'
  | 'SERVER_PROTOCOL'
  | 'REMOTE_ADDR'
>;

function placeOfV1(event: LambdaEventV1): Place {
  const { requestContext, path } = event;
  const whole = requestContext.path ?? path;
  const script = whole.endsWith(path) ? whole.slice(0, whole.length - path.length) : '';
  const query = queryOfV1(event);
  const forwarded = fieldsOf(event).find(([key]) => key.toLowerCase() === 'x-forwarded-for')?.[1];
  return {
    ...placeOf(event.httpMethod, script, path, query),
    SERVER_PROTOCOL: requestContext.protocol ?? 'HTTP/1.1',
    // The load balancer adds the client last; a gateway says it apart.
    REMOTE_ADDR: requestContext.identity?.sourceIp ?? forwarded?.split(',').at(-1)?.trim() ?? '',
  };
}

function placeOfV2({ rawPath, rawQueryString, requestContext }: LambdaEventV2): Place {
  const { stage = '$default', http } = requestContext;
  const prefix = `/${stage}`;
  const isStaged = stage !== '$default' && (rawPath === prefix || rawPath.startsWith(`${prefix}/`));
  const path = isStaged ? rawPath.slice(prefix.length) : rawPath;
  return {
    ...placeOf(http.method, isStaged ? prefix : '', path, rawQueryString),
    SERVER_PROTOCOL: http.protocol ?? 'HTTP/1.1',
    REMOTE_ADDR: http.sourceIp ?? '',
  };
}

function placeOf(
  method: string,
  script: string,
  path: string,
  query: string,
): Omit<Place, 'SERVER_PROTOCOL' | 'REMOTE_ADDR'> {
  const raw = script + path;
  // Some gateways decode the path before: what no target may hold is written as it must have been.
  const target = /^[!-~]*$/.test(raw) ? raw : encodedPath(raw);
  return {
    REQUEST_METHOD: method,
    SCRIPT_NAME: decodePath(script),
    PATH_INFO: decodePath(path),
    QUERY_STRING: query,
    REQUEST_URI: (target || '/') + (query === '' ? '' : `?${query}`),
  };
}

/** API Gateway has decoded the parameters; a load balancer has not. */
function queryOfV1(event: LambdaEventV1): string {
  const { multiValueQueryStringParameters: many, queryStringParameters: single, requestContext } = event;
  const pairs = Object.entries(many ?? {}).flatMap(([name, values = []]) =>
    values.map((value) => [name, value] as const),
  );
  for (const [name, value] of Object.entries(single ?? {}))
    if (value !== undefined && !(many && Object.hasOwn(many, name))) pairs.push([name, value]);
  const encode = requestContext.elb === undefined ? encodeURIComponent : (text: string) => text;
  return pairs.map(([name, value]) => `${encode(name)}=${encode(value)}`).join('&');
}

function fieldsOf(event: LambdaEvent): [name: string, value: string][] {
  const fields: [string, string][] = [];
  const many = 'multiValueHeaders' in event ? event.multiValueHeaders : undefined;
  for (const [name, values = []] of Object.entries(many ?? {}))
    for (const value of values) fields.push([name, value]);
  for (const [name, value] of Object.entries(event.headers ?? {}))
    if (value !== undefined && !(many && Object.hasOwn(many, name))) fields.push([name, value]);
  if ('cookies' in event && event.cookies !== undefined && event.cookies.length > 0)
    fields.push(['cookie', event.cookies.join('; ')]);
  return fields;
}

function splitHost(host: string | undefined): [name?: string, port?: string] {
  const match = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(host ?? '');
  if (match === null || match[1] === '') return [];
  return match[2] === undefined ? [match[1] as string] : [match[1] as string, match[2]];
}
