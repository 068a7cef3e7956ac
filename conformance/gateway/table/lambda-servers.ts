import { toLambda, type LambdaEvent, type LambdaResult } from '@wirestack/gateway/lambda';
import { ExpectedErrors, mountedApplication } from './our-server.ts';
import { host, mountPoint, type Answer, type Field, type TableRequest } from './table-request.ts';
import { without, withText, type Exception, type TableServer } from './table-server.ts';

const groupsQuery: Exception = {
  reason:
    'A query comes as lists of values by name, each list where its name came first; `c` and `c=` are one.',
  reaching: (request) =>
    request.path.includes('&a=2&c&a=')
      ? { ...request, path: '/seen?a=1&a=2&a=&b=%C3%BC%26+%2B&c=' }
      : request,
};

const escapesQuery: Exception = {
  reason: 'The query comes decoded, and is encoded again: a blank as %20.',
  reaching: (request) =>
    request.path.includes('%26+%2B')
      ? { ...request, path: request.path.replace('%26+%2B', '%26%20%2B') }
      : request,
};

/** What Amazon's gateways make of a request: the events of their documentation. */
const gateways: readonly {
  readonly name: string;
  event(request: TableRequest): LambdaEvent;
  readonly exceptions: readonly Exception[];
}[] = [
  { name: 'API Gateway, format 1.0', event: restEvent, exceptions: [groupsQuery, escapesQuery] },
  {
    name: 'API Gateway, format 2.0',
    event: httpEvent,
    exceptions: [
      {
        reason: 'Fields of one name come joined by a comma without a blank.',
        returning: (answer) => withText(answer, (text) => text.replace('one, two', 'one,two')),
      },
    ],
  },
  { name: 'a load balancer', event: balancerEvent, exceptions: [groupsQuery] },
];

export const lambdaServers: readonly TableServer[] = gateways.map(({ name, event, exceptions }) => ({
  name: `Lambda behind ${name}`,
  exceptions: [
    ...exceptions,
    {
      reason: 'The gateway frames the body: the result has no Content-Length but one of the application.',
      returning: (answer, { path }) => (path === '/bytes' ? answer : without(answer, 'content-length')),
    },
  ],
  start() {
    const errors = new ExpectedErrors();
    const handler = toLambda(mountedApplication(), { onError: errors.note });
    return Promise.resolve({
      ask: async (request: TableRequest) => answerOf(await handler(event(request))),
      stop() {
        errors.check();
        return Promise.resolve();
      },
    });
  },
}));

function restEvent(request: TableRequest): LambdaEvent {
  const { path, query } = partsOf(request);
  const parameters = Array.from(new URLSearchParams(query));
  return {
    ...bodyOf(request),
    httpMethod: request.method,
    path,
    ...listsOf(fieldsOf(request)),
    multiValueQueryStringParameters: grouped(parameters),
    queryStringParameters: Object.fromEntries(parameters),
    requestContext: { path, protocol: 'HTTP/1.1', identity: { sourceIp: '192.0.2.1' } },
  };
}

/** Decodes nothing; its target has the multi-value headers that it can be set up for, for without them there is one cookie at most. */
function balancerEvent(request: TableRequest): LambdaEvent {
  const { path, query } = partsOf(request);
  const parameters =
    query === ''
      ? []
      : query.split('&').map((pair): Field => {
          const [name = '', ...value] = pair.split('=');
          return [name, value.join('=')];
        });
  const { multiValueHeaders } = listsOf(fieldsOf(request));
  return {
    ...bodyOf(request),
    httpMethod: request.method,
    path,
    multiValueHeaders,
    multiValueQueryStringParameters: grouped(parameters),
    requestContext: { elb: { targetGroupArn: 'arn' } },
  };
}

function httpEvent(request: TableRequest): LambdaEvent {
  const { path, query } = partsOf(request);
  const fields = fieldsOf(request);
  const cookies = fields.filter(([name]) => name === 'cookie').map(([, value]) => value);
  const others = grouped(fields.filter(([name]) => name !== 'cookie'));
  return {
    ...bodyOf(request),
    version: '2.0',
    rawPath: path,
    rawQueryString: query,
    ...(cookies.length > 0 && { cookies }),
    headers: Object.fromEntries(Object.entries(others).map(([name, values]) => [name, values.join(',')])),
    requestContext: {
      stage: '$default',
      http: { method: request.method, protocol: 'HTTP/1.1', sourceIp: '192.0.2.1' },
    },
  };
}

function partsOf(request: TableRequest): { path: string; query: string } {
  const [path = '', query = ''] = request.path.split('?');
  return { path: mountPoint + path, query };
}

function bodyOf({ body }: TableRequest): { body?: string; isBase64Encoded: boolean } {
  if (body === undefined || body.length === 0) return { isBase64Encoded: false };
  return { body: Buffer.from(body).toString('base64'), isBase64Encoded: true };
}

/** They take the body whole, and say what scheme the client used: here the one of the other servers. */
function fieldsOf({ headers = [], body }: TableRequest): Field[] {
  const fields: Field[] = [
    ['host', host],
    ['x-forwarded-proto', 'http'],
  ];
  for (const [name, value] of headers) if (name !== 'Expect') fields.push([name.toLowerCase(), value]);
  if (body !== undefined) fields.push(['content-length', String(body.length)]);
  return fields;
}

function listsOf(fields: readonly Field[]): {
  headers: Record<string, string>;
  multiValueHeaders: Record<string, string[]>;
} {
  return { headers: Object.fromEntries(fields), multiValueHeaders: grouped(fields) };
}

function grouped(pairs: Iterable<readonly string[]>): Record<string, string[]> {
  const lists: Record<string, string[]> = {};
  for (const [name = '', value = ''] of pairs) (lists[name] ??= []).push(value);
  return lists;
}

/** What a gateway makes of it: lists before single values, a list apart of cookies. */
function answerOf({
  statusCode,
  headers = {},
  multiValueHeaders = {},
  cookies = [],
  body,
  isBase64Encoded,
}: LambdaResult): Answer {
  const fields: Field[] = Object.entries(headers);
  for (const [name, values] of Object.entries(multiValueHeaders))
    for (const value of values) fields.push([name, value]);
  for (const cookie of cookies) fields.push(['set-cookie', cookie]);
  return {
    status: statusCode,
    headers: fields,
    body: Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8'),
  };
}
