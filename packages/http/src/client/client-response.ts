import type { ByteStream } from '@wirestack/socket';
import type { HeaderFields } from '../headers.ts';
import type { IncomingBody } from './incoming-body.ts';

/** What a {@link ClientResponse} is made of. */
export interface ClientResponseParts {
  readonly status: number;
  readonly reason: string;
  readonly version: '1.0' | '1.1';
  readonly headers: HeaderFields;
  readonly body: IncomingBody;
  /** Of the request that it answers. */
  readonly url: string;
  readonly redirectedFrom?: readonly string[] | undefined;
  readonly timing?: ResponseTiming | undefined;
  readonly upgraded?: ByteStream | undefined;
}

/** When things happened, in milliseconds of `performance.now()`. */
export interface ResponseTiming {
  /** The request reached the pool. */
  readonly startedAt: number;
  /** It had a connection: a new one, or one that was there. */
  readonly connectedAt: number;
  /** The head of the answer was there. */
  readonly headAt: number;
  /** The connection had been used before. */
  readonly isReused: boolean;
  /** When the steps to a new connection were done. */
  readonly steps: ConnectionSteps;
}

/** The address of the host was known, a connection was open, TLS was agreed on: those there was a need of. */
export interface ConnectionSteps {
  readonly resolvedAt?: number;
  readonly openedAt?: number;
  readonly securedAt?: number;
}

/** An answer, as soon as its head is there. */
export class ClientResponse implements ClientResponseParts {
  readonly status: number;
  /** As it was sent, perhaps empty. */
  readonly reason: string;
  readonly version: '1.0' | '1.1';
  readonly headers: HeaderFields;
  readonly body: IncomingBody;
  /** Where it came from: the last one behind redirects. */
  readonly url: string;
  /** The URLs that led there by redirects, the first one first. */
  readonly redirectedFrom: readonly string[];
  /** Of the last request where there were several; none from a mock. */
  readonly timing: ResponseTiming | undefined;

  /** The connection behind a 101 that was asked for: it is the caller's from now on. What came behind the answer is in front of what it brings. */
  readonly upgraded: ByteStream | undefined;

  constructor(parts: ClientResponseParts) {
    this.status = parts.status;
    this.reason = parts.reason;
    this.version = parts.version;
    this.headers = parts.headers;
    this.body = parts.body;
    this.url = parts.url;
    this.redirectedFrom = parts.redirectedFrom ?? none;
    this.timing = parts.timing;
    this.upgraded = parts.upgraded;
  }

  /** 200–299. */
  get isSuccessful(): boolean {
    return this.status >= 200 && this.status < 300;
  }

  /** The fields behind the body, once it was read to its end. */
  get trailers(): HeaderFields | undefined {
    return this.body.trailers;
  }

  /** The same answer with some parts replaced. */
  with(parts: Partial<ClientResponseParts>): ClientResponse {
    return new ClientResponse({ ...(this as ClientResponseParts), ...parts });
  }

  /** The whole body. @throws HttpClientError `BODY_TOO_LARGE` above `limitBytes`, default 64 MiB */
  bytes(limitBytes?: number): Promise<Uint8Array> {
    return this.body.bytes(limitBytes);
  }

  /** The whole body as text, in the charset that Content-Type names, where that is one of the WHATWG's; else in UTF-8. */
  async text(limitBytes?: number): Promise<string> {
    const bytes = await this.body.bytes(limitBytes);
    return decoderFor(this.headers.get('content-type')).decode(bytes);
  }

  /** The whole body as JSON: UTF-8, whatever Content-Type says (RFC 8259 8.1). @throws SyntaxError */
  async json(limitBytes?: number): Promise<unknown> {
    return JSON.parse(utf8Decoder.decode(await this.body.bytes(limitBytes))) as unknown;
  }
}

const none: readonly string[] = [];
const utf8Decoder = new TextDecoder();

function decoderFor(contentType: string | undefined): typeof utf8Decoder {
  if (contentType === undefined || contentType.length < minCharset.length) return utf8Decoder;
  const charset = /;[ \t]*charset[ \t]*=[ \t]*"?([^\s;"]+)/i.exec(contentType)?.[1];
  if (charset === undefined || /^utf-?8$/i.test(charset)) return utf8Decoder;
  try {
    return new TextDecoder(charset);
  } catch {
    return utf8Decoder;
  }
}

const minCharset = 'a/b;charset=x';
