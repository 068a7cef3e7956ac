import type { ALBEvent, APIGatewayProxyEvent, APIGatewayProxyEventV2 } from 'aws-lambda';

/** The example of "Working with AWS Lambda proxy integrations for HTTP APIs", format 2.0, in the developer guide of API Gateway. */
export const httpApi: APIGatewayProxyEventV2 = {
  version: '2.0',
  routeKey: '$default',
  rawPath: '/my/path',
  rawQueryString: 'parameter1=value1&parameter1=value2&parameter2=value',
  cookies: ['cookie1', 'cookie2'],
  headers: { header1: 'value1', header2: 'value1,value2', host: 'id.execute-api.us-east-1.amazonaws.com' },
  queryStringParameters: { parameter1: 'value1,value2', parameter2: 'value' },
  requestContext: {
    accountId: '123456789012',
    apiId: 'api-id',
    domainName: 'id.execute-api.us-east-1.amazonaws.com',
    domainPrefix: 'id',
    http: {
      method: 'POST',
      path: '/my/path',
      protocol: 'HTTP/1.1',
      sourceIp: '192.0.2.1',
      userAgent: 'agent',
    },
    requestId: 'id',
    routeKey: '$default',
    stage: '$default',
    time: '12/Mar/2020:19:03:58 +0000',
    timeEpoch: 1583348638390,
  },
  body: 'Hello from Lambda',
  pathParameters: { parameter1: 'value1' },
  isBase64Encoded: false,
  stageVariables: { stageVariable1: 'value1', stageVariable2: 'value2' },
};

/** The same guide's example of format 1.0, with the stage of a REST API in front of the path. */
export const restApi: APIGatewayProxyEvent = {
  resource: '/{proxy+}',
  path: '/my/path',
  httpMethod: 'GET',
  headers: { header1: 'value1', header2: 'value2', Host: 'id.execute-api.us-east-1.amazonaws.com' },
  multiValueHeaders: {
    header1: ['value1'],
    header2: ['value1', 'value2'],
    Host: ['id.execute-api.us-east-1.amazonaws.com'],
    'X-Forwarded-Proto': ['https'],
  },
  queryStringParameters: { parameter1: 'value1', parameter2: 'a value' },
  multiValueQueryStringParameters: { parameter1: ['value1', 'value2'], parameter2: ['a value'] },
  requestContext: {
    accountId: '123456789012',
    apiId: 'id',
    authorizer: null,
    protocol: 'HTTP/1.1',
    httpMethod: 'GET',
    identity: {
      accessKey: null,
      accountId: null,
      apiKey: null,
      apiKeyId: null,
      caller: null,
      clientCert: null,
      cognitoAuthenticationProvider: null,
      cognitoAuthenticationType: null,
      cognitoIdentityId: null,
      cognitoIdentityPoolId: null,
      principalOrgId: null,
      sourceIp: '203.0.113.9',
      user: null,
      userAgent: 'user-agent',
      userArn: null,
    },
    path: '/prod/my/path',
    stage: 'prod',
    requestId: 'id=',
    requestTimeEpoch: 1583349317135,
    resourceId: 'id',
    resourcePath: '/{proxy+}',
  },
  pathParameters: { proxy: 'my/path' },
  stageVariables: null,
  body: null,
  isBase64Encoded: false,
};

/** The example of "Using AWS Lambda with an Application Load Balancer" in the developer guide of Lambda. */
export const loadBalancer: ALBEvent = {
  requestContext: {
    elb: {
      targetGroupArn: 'arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/lambda-279/49e9',
    },
  },
  httpMethod: 'GET',
  path: '/lambda',
  queryStringParameters: { query: '1234ABCD', q: 'a%20b' },
  headers: {
    accept: 'text/html,application/xhtml+xml',
    'accept-encoding': 'gzip',
    host: 'lambda-alb-123578498.us-east-1.elb.amazonaws.com',
    'x-forwarded-for': '72.12.164.125',
    'x-forwarded-port': '80',
    'x-forwarded-proto': 'http',
  },
  body: '',
  isBase64Encoded: false,
};
