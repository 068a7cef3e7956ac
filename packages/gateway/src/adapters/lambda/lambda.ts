import type { Application, Chunk } from '../../application.ts';
import { run, type GatewayResponse } from '../../run.ts';
import { BodyPieces } from '../body-pieces.ts';
import { lazyStart } from '../lazy-start.ts';
import { methodOf, type LambdaEvent } from './lambda-event.ts';
import { environOf } from './lambda-environ.ts';
import { resultFor, type LambdaResult } from './lambda-result.ts';

export type { LambdaEvent, LambdaResult };

export interface LambdaOptions {
  /** Told of what an application throws, which the client sees as 500. Default: written to stderr. */
  readonly onError?: (error: unknown) => void;
}

/**
 * An application as a function for AWS Lambda behind API Gateway (formats 1.0 and 2.0), a function URL, or an Application Load Balancer; responses go as a whole.
 *
 * ```ts
 * export const handler = toLambda(application);
 * ```
 *
 * `environ['lambda.event']` and `['lambda.context']` are what the function was called with. A stage in the path is the `SCRIPT_NAME`. Bodies of a type of text
 * go as text, others in base64. The lifespan starts with the first call; nobody says when the last was.
 */
export function toLambda(
  app: Application,
  options: LambdaOptions = {},
): (event: LambdaEvent, context?: unknown) => Promise<LambdaResult> {
  const { onError = reportError } = options;
  const start = lazyStart(app);
  return async (event, context) => {
    const result = resultFor(event);
    let response: GatewayResponse;
    let bytes: Uint8Array;
    try {
      await start?.();
      response = await run(app, environOf(event, context));
      const hasBody = methodOf(event) !== 'HEAD' && response.status !== 204 && response.status !== 304;
      bytes = await collect(response.body, hasBody);
    } catch (error) {
      onError(error);
      return result(
        500,
        [['Content-Type', 'text/plain; charset=utf-8']],
        Buffer.from('Internal Server Error\n'),
      );
    }
    return result(response.status, response.headers, bytes);
  };
}

function reportError(error: unknown): void {
  console.error(error);
}

/** The whole body; closed, and not read, where there is none to send. */
async function collect(body: GatewayResponse['body'], hasBody: boolean): Promise<Uint8Array> {
  if (typeof body === 'string' || body instanceof Uint8Array)
    return hasBody ? bytesOf(body) : new Uint8Array(0);
  const pieces = new BodyPieces(body);
  const parts: Uint8Array[] = [];
  if (!hasBody) await pieces.close();
  for (let piece = await pieces.next(); piece !== undefined; piece = await pieces.next())
    parts.push(bytesOf(piece));
  return Buffer.concat(parts);
}

function bytesOf(chunk: Chunk): Uint8Array {
  return typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
}
