/**
 * `BAD_STATUS` `BAD_HEADER` what was given to `startResponse`; `HOP_BY_HOP` a header that is the server's; `STARTED_TWICE` without an error;
 * `NOT_STARTED` a body before `startResponse`; `BAD_BODY` what is no body; `FINISHED` a `write` after the application returned.
 */
export type GatewayUsageErrorCode =
  'BAD_STATUS' | 'BAD_HEADER' | 'HOP_BY_HOP' | 'STARTED_TWICE' | 'NOT_STARTED' | 'BAD_BODY' | 'FINISHED';

/** An application broke the rules of the interface (PEP 3333). The client sees 500, or the end of the connection. */
export class GatewayUsageError extends TypeError {
  override readonly name = 'GatewayUsageError';
  readonly code: GatewayUsageErrorCode;

  constructor(code: GatewayUsageErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** Nobody takes what an application says: the client left, or asked for no body. */
export class ClientGoneError extends Error {
  override readonly name = 'ClientGoneError';
  readonly code = 'PEER_CLOSED';

  constructor(message: string = 'the client left, or asked for no body') {
    super(message);
  }
}

/** How a front server speaks. */
type FrontProtocol = 'CGI' | 'FastCGI' | 'SCGI' | 'uwsgi';

/** What a front server sent is none of its protocol, or above a limit: its connection ends. */
export class FrontServerError extends Error {
  override readonly name = 'FrontServerError';
  readonly protocol: FrontProtocol;

  constructor(protocol: FrontProtocol, message: string) {
    super(`no ${protocol}: ${message}`);
    this.protocol = protocol;
  }
}
