import type { Address, TlsInfo } from '@wirestack/socket';
import type { HeaderFields, HeaderList } from '../headers.ts';
import type { RequestHead } from '../protocol/events.ts';
import type { BodySender } from './body-sender.ts';
import { RequestBody, type BodySource } from './request-body.ts';
import type { HttpResponse } from './response.ts';
import { authorityOf, hostOf, originOf, type ProxyTrust, type RequestOrigin } from './trusted-proxy.ts';

/** A request, as a handler gets it. What costs something is made when it is asked for. */
export interface HttpRequest {
  readonly method: string;
  /** The request target as it was sent, nothing decoded. */
  readonly target: string;
  /** The path of the target, not decoded; `*` for `OPTIONS *`. */
  readonly path: string;
  /** What stands behind `?`, not decoded; empty where there is none. */
  readonly query: string;
  readonly version: '1.0' | '1.1';
  readonly headers: HeaderFields;
  /** Of the client's connection; with `trustProxy` what the proxies say it was. */
  readonly scheme: 'http' | 'https';
  /** The host, with its port where it was named, that the client asked for; empty where it named none. With `trustProxy` what the proxies say. */
  readonly authority: string;
  /** The client's IP address; with `trustProxy` of the last one that no trusted proxy stands for. Empty where it is not known: a Unix socket. */
  readonly clientAddress: string;
  /** The body as it arrives, with back-pressure. The first read sends `100 Continue` where the client waits for it. */
  readonly body: RequestBody;
  /** The whole body as UTF-8 text. @throws HttpProtocolError `BODY_TOO_LARGE` above `limitBytes`, default 1 MiB */
  text(limitBytes?: number): Promise<string>;
  /** The whole body as JSON. @throws SyntaxError where it is none; HttpProtocolError `BODY_TOO_LARGE` */
  json(limitBytes?: number): Promise<unknown>;
  /** The whole body. @throws HttpProtocolError `BODY_TOO_LARGE` above `limitBytes`, default 1 MiB */
  bytes(limitBytes?: number): Promise<Uint8Array>;
  /** Aborted when the client leaves before the answer is complete. */
  readonly signal: AbortSignal;
  /** Aborted when the server begins to drain: what would not end by itself, a stream of events say, should end then. */
  readonly draining: AbortSignal;
  /** The client would change the protocol (RFC 9110 7.8), to what its Upgrade field says, or it asks for a tunnel (CONNECT). See `HttpResponse.upgrade`. */
  readonly wantsUpgrade: boolean;
  /** What TLS agreed on; `undefined` in clear. */
  readonly tls: TlsInfo | undefined;
  readonly localAddress: Address;
  readonly remoteAddress: Address;
  /** Sends a `1xx` response such as `103 Early Hints` (RFC 8297), where this request is next to be answered; else nothing. */
  informational(status: number, headers?: HeaderList): void;
}

/** What a request needs of its connection. */
export interface RequestOwner {
  readonly localAddress: Address;
  readonly remoteAddress: Address;
  readonly tls: TlsInfo | undefined;
  readonly draining: AbortSignal;
  readonly trust: ProxyTrust | undefined;
  informational(request: ServerRequest, status: number, headers: HeaderList | undefined): void;
  continueBody(request: ServerRequest): void;
  bodyConsumed(): void;
}

/** A request on its way through a connection: what the handler sees, and where its answer stands. */
export class ServerRequest implements HttpRequest, BodySource {
  readonly method: string;
  readonly target: string;
  readonly head: RequestHead;
  readonly #owner: RequestOwner;
  #body: RequestBody | undefined;
  #abort: AbortController | undefined;
  #origin: RequestOrigin | undefined;
  #reason: Error | undefined;
  /** The answer, where it came before its turn, or is being sent. */
  response: HttpResponse | undefined;
  /** Its body is being sent. */
  sender: BodySender | undefined;
  /** For observers: when it began, on both hands of the clock. */
  began: { readonly at: number; readonly elapsed: number } | undefined;
  wasContinued = false;

  constructor(head: RequestHead, owner: RequestOwner) {
    this.method = head.method;
    this.target = head.target;
    this.head = head;
    this.#owner = owner;
    if (head.framing !== 'none') this.#body = new RequestBody(this);
  }

  get path(): string {
    const { target } = this;
    const start = target.charCodeAt(0) === SLASH ? 0 : pathStart(target);
    const end = target.indexOf('?', start);
    if (end < 0) return start === 0 ? target : target.slice(start) || '/';
    return target.slice(start, end) || '/';
  }

  get query(): string {
    const at = this.target.indexOf('?');
    return at < 0 ? '' : this.target.slice(at + 1);
  }

  get version(): '1.0' | '1.1' {
    return this.head.version;
  }

  get headers(): HeaderFields {
    return this.head.headers;
  }

  get body(): RequestBody {
    return (this.#body ??= new RequestBody());
  }

  get localAddress(): Address {
    return this.#owner.localAddress;
  }

  get remoteAddress(): Address {
    return this.#owner.remoteAddress;
  }

  get scheme(): 'http' | 'https' {
    if (this.#owner.trust !== undefined) return this.#told(this.#owner.trust).scheme;
    return this.#owner.tls === undefined ? 'http' : 'https';
  }

  get authority(): string {
    return this.#owner.trust === undefined ? authorityOf(this) : this.#told(this.#owner.trust).authority;
  }

  get clientAddress(): string {
    if (this.#owner.trust !== undefined) return this.#told(this.#owner.trust).clientAddress;
    return hostOf(this.#owner.remoteAddress);
  }

  get draining(): AbortSignal {
    return this.#owner.draining;
  }

  get wantsUpgrade(): boolean {
    return this.head.wantsUpgrade || this.method === 'CONNECT';
  }

  get tls(): TlsInfo | undefined {
    return this.#owner.tls;
  }

  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      this.#abort = new AbortController();
      if (this.#reason !== undefined) this.#abort.abort(this.#reason);
    }
    return this.#abort.signal;
  }

  async text(limitBytes?: number): Promise<string> {
    return new TextDecoder().decode(await this.body.bytes(limitBytes));
  }

  async json(limitBytes?: number): Promise<unknown> {
    return JSON.parse(await this.text(limitBytes)) as unknown;
  }

  bytes(limitBytes?: number): Promise<Uint8Array> {
    return this.body.bytes(limitBytes);
  }

  informational(status: number, headers?: HeaderList): void {
    this.#owner.informational(this, status, headers);
  }

  started(): void {
    this.#owner.continueBody(this);
  }

  consumed(): void {
    this.#owner.bodyConsumed();
  }

  /** The client is gone, or what it sent broke the protocol: whatever works for this request should stop. */
  fail(error: Error): void {
    this.#reason = error;
    this.#body?.fail(error);
    this.#abort?.abort(error);
    this.sender?.cancel();
  }

  /** What trusted proxies say. */
  #told(trust: ProxyTrust): RequestOrigin {
    return (this.#origin ??= originOf(this, trust));
  }
}

const SLASH = 0x2f;

/** Where the path begins: behind scheme and authority of an absolute-form target. */
function pathStart(target: string): number {
  if (target === '*') return 0;
  const authority = target.indexOf('//') + 2;
  if (authority === 1) return target.length;
  for (let at = authority; at < target.length; at++) {
    if (target[at] === '/' || target[at] === '?') return at;
  }
  return target.length;
}
