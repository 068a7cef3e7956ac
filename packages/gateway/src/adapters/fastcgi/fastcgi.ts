import { serve, type AddressLike, type RunningServer, type ServeOptions } from '@wirestack/socket';
import type { Application } from '../../application.ts';
import { serveApplication } from '../serve-application.ts';
import { FastCgiConnection, type FastCgiSettings } from './fastcgi-connection.ts';

/** `onError` is told of what an application throws, which the client sees as 500, and of what is no FastCGI. */
export interface FastCgiOptions extends ServeOptions {
  /** Where the front server mounts the application, if its `SCRIPT_NAME` does not say: what `PATH_INFO` leaves out. Default: at the root. */
  readonly scriptName?: string;
  /** For a request on a connection that is kept. Default 65,000, above the 60 s of nginx’s `keepalive_timeout`. */
  readonly idleTimeoutMs?: number;
  /** Between two pieces of a request. Default 30,000. */
  readonly bodyTimeoutMs?: number;
  /** Of all variables of a request together. Default 65,536: front servers keep heads shorter themselves. */
  readonly maxHeadBytes?: number;
}

/**
 * Serves an application by FastCGI 1.0, in the role of a responder: behind nginx's `fastcgi_pass`, Apache's `mod_proxy_fcgi`, lighttpd or Caddy. Connections are kept where the
 * front server asks for that; they carry one request at a time, as with all that ask (multiplexing is refused as the specification has it). Whoever can connect
 * can claim to be any client: listen on a Unix socket, or where only the front server comes.
 *
 * @throws SocketError as `serve`
 */
export function serveFastCgi(
  address: AddressLike,
  app: Application,
  options: FastCgiOptions = {},
): Promise<RunningServer> {
  const settings: FastCgiSettings = {
    scriptName: options.scriptName ?? '',
    idleTimeoutMs: options.idleTimeoutMs ?? 65_000,
    bodyTimeoutMs: options.bodyTimeoutMs ?? 30_000,
    maxHeadBytes: options.maxHeadBytes ?? 65_536,
    maxConnections: options.maxConnections ?? Infinity,
  };
  const { onError = reportError } = options;
  return serveApplication(app, () =>
    serve(
      address,
      (stream) =>
        new FastCgiConnection(stream, app, settings, (error) => {
          onError(error, stream);
        }).serve(),
      options,
    ),
  );
}

function reportError(error: unknown): void {
  console.error(error);
}
