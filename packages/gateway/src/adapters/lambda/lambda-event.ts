/** What Amazon's gateways call a function with, as far as it is used here: format 1.0 of API Gateway (REST), format 2.0 (HTTP API, function URLs), and ALB. */
export type LambdaEvent = LambdaEventV1 | LambdaEventV2;

export interface LambdaEventV1 {
  readonly httpMethod: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string | undefined>> | null | undefined;
  readonly multiValueHeaders?: Readonly<Record<string, readonly string[] | undefined>> | null | undefined;
  readonly queryStringParameters?: Readonly<Record<string, string | undefined>> | null | undefined;
  readonly multiValueQueryStringParameters?:
    Readonly<Record<string, readonly string[] | undefined>> | null | undefined;
  readonly body?: string | null | undefined;
  readonly isBase64Encoded?: boolean | undefined;
  readonly requestContext: {
    /** There, it is an Application Load Balancer. */
    readonly elb?: unknown;
    readonly path?: string | undefined;
    readonly protocol?: string | undefined;
    readonly identity?: { readonly sourceIp?: string | null | undefined } | undefined;
  };
}

export interface LambdaEventV2 {
  readonly version: string;
  readonly rawPath: string;
  readonly rawQueryString: string;
  readonly cookies?: readonly string[] | undefined;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body?: string | undefined;
  readonly isBase64Encoded: boolean;
  readonly requestContext: {
    readonly stage?: string | undefined;
    readonly http: {
      readonly method: string;
      readonly protocol?: string | undefined;
      readonly sourceIp?: string | undefined;
    };
  };
}

export function methodOf(event: LambdaEvent): string {
  return 'httpMethod' in event ? event.httpMethod : event.requestContext.http.method;
}
