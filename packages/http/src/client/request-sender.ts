import type { ByteStream } from '@wirestack/socket';
import type { ClientConnection } from '../protocol/client-connection.ts';
import type { RequestLine } from '../protocol/request-writer.ts';
import type { Output } from '../protocol/whole-body.ts';
import type { BodyPiece } from './client-request.ts';
import type { Exchange } from './exchange.ts';
import { goesAtOnce, Upload } from './upload.ts';

/** Who is told how the sending goes. */
export interface SenderOwner {
  /** The upload of `exchange` waits for something else from now on: its `phase`. */
  uploadWaits(exchange: Exchange): void;
  /** The request of `exchange`, whose body went in pieces, has left. */
  uploaded(exchange: Exchange): void;
  /** It will not: the body, or who watches it, threw; or the stream ended. */
  uploadFailed(exchange: Exchange, error: Error): void;
}

const asLatin1 = { encoding: 'latin1' } as const;

/** Requests on their way out over one connection: at once, or by an {@link Upload}, one at a time. */
export class RequestSender {
  readonly #stream: ByteStream;
  readonly #protocol: ClientConnection;
  readonly #owner: SenderOwner;
  /** The one whose request is not complete; its answer may be. */
  current: Exchange | undefined;

  constructor(stream: ByteStream, protocol: ClientConnection, owner: SenderOwner) {
    this.#stream = stream;
    this.#protocol = protocol;
    this.#owner = owner;
  }

  /** @throws HttpUsageError where it cannot be written: then nothing was sent */
  send(exchange: Exchange, line: RequestLine): void {
    const { request } = exchange;
    if (goesAtOnce(request)) this.#write(this.#protocol.sendRequest(line, request.body));
    else this.#beginUpload(exchange, line);
  }

  /** What went at once has no upload to tell of it. */
  tellSent(exchange: Exchange): void {
    const { body, options } = exchange.request;
    if (options.onUpload === undefined || body === undefined || this.current === exchange) return;
    const length = Buffer.byteLength(body as BodyPiece);
    try {
      options.onUpload(length, length);
    } catch (error) {
      this.#owner.uploadFailed(exchange, error as Error);
    }
  }

  /** The rest of the body is not wanted: the request stays as it is, not complete. */
  stopUpload(exchange: Exchange): void {
    exchange.upload?.stop();
    exchange.upload = undefined;
  }

  #beginUpload(exchange: Exchange, line: RequestLine): void {
    const upload = new Upload(exchange.request, this.#stream, this.#protocol);
    try {
      upload.begin(line);
    } catch (error) {
      upload.stop();
      throw error;
    }
    exchange.upload = upload;
    this.current = exchange;
    upload
      .run(() => {
        this.#owner.uploadWaits(exchange);
      })
      .then(
        (isComplete) => {
          if (!isComplete) return;
          exchange.upload = undefined;
          this.current = undefined;
          this.#owner.uploaded(exchange);
        },
        (error: unknown) => {
          // What gave the pieces is not left open, whoever is to blame.
          upload.stop();
          exchange.upload = undefined;
          this.current = undefined;
          this.#owner.uploadFailed(exchange, error as Error);
        },
      );
  }

  #write(output: Output): void {
    if (typeof output === 'string') {
      void this.#stream.write(output, asLatin1);
      return;
    }
    this.#stream.cork();
    void this.#stream.write(output[0], asLatin1);
    void this.#stream.write(output[1]);
    this.#stream.uncork();
  }
}
