import { lengthPrefix, type Decoder } from '@wirestack/framing';
import type { ByteStream } from '@wirestack/socket';
import { RunningQuery } from './query-context.ts';
import type { Responder } from './responder.ts';

/** RFC 1035 4.2.2: two bytes of length before each message. */
const messages = lengthPrefix({ bytes: 2, maxBytes: 0xffff });

/**
 * A client over TCP (RFC 7766): its queries run side by side, and answers leave in the order they are ready. Read no further while it does
 * not take its answers, or too many of its queries run.
 */
export class TcpConnection {
  /** When the last message was complete, an answer ready, or answers taken: what is slower than that is idle. */
  activeAt: number;
  readonly #stream: ByteStream;
  readonly #responder: Responder;
  readonly #maxRunning: number;
  readonly #now: () => number;
  readonly #decoder: Decoder<Uint8Array> = messages.decoder();
  readonly #running = new Set<RunningQuery>();
  #isPaused = false;
  /** The client asks no more. */
  #isEnded = false;
  /** The server takes no more. */
  #isFinishing = false;
  #isClosed = false;
  #isReading = false;
  /** All answers are written, and FIN behind them. */
  #isLingering = false;
  /** What came since then. */
  #droppedBytes = 0;

  constructor(stream: ByteStream, responder: Responder, maxRunning: number, now: () => number) {
    this.#stream = stream;
    this.#responder = responder;
    this.#maxRunning = maxRunning;
    this.#now = now;
    this.activeAt = now();
    stream.attach({
      data: (chunk) => {
        if (this.#isLingering) this.#drop(chunk);
        if (this.#isFinishing) return;
        this.#decoder.push(chunk);
        this.#read();
      },
      end: () => {
        this.#isEnded = true;
        if (this.#isLingering) this.close();
        else this.#read();
      },
      drain: () => {
        this.activeAt = now();
        this.#read();
      },
      closed: (error) => {
        this.#isClosed = true;
        for (const query of this.#running) query.abort(error);
      },
    });
  }

  get isIdle(): boolean {
    return this.#running.size === 0 && !this.#stream.needsDrain;
  }

  /** Answers wait for the client to take them. */
  get isBlocked(): boolean {
    return this.#stream.needsDrain;
  }

  /** Takes no more queries, and closes once those that run are answered. */
  finish(): void {
    this.#isFinishing = true;
    this.#read();
  }

  close(): void {
    void this.#stream.close({ timeoutMs: lingerMs }).catch(() => undefined);
  }

  abort(reason: Error): void {
    this.#stream.abort(reason);
  }

  #read(): void {
    if (this.#isReading || this.#isClosed) return;
    this.#isReading = true;
    this.#stream.cork();
    try {
      for (;;) {
        if (this.#running.size >= this.#maxRunning || this.#stream.needsDrain) {
          this.#pause(true);
          return;
        }
        const message = this.#isFinishing ? undefined : this.#decoder.next();
        if (message === undefined) break;
        this.activeAt = this.#now();
        this.#query(message);
      }
      this.#pause(false);
      if (this.#running.size > 0) return;
      if (this.#isEnded) this.close();
      else if (this.#isFinishing) this.#linger();
    } finally {
      this.#isReading = false;
      this.#stream.uncork();
    }
  }

  #query(message: Uint8Array): void {
    const query = new RunningQuery('tcp', this.#stream.remoteAddress);
    const answer = this.#responder.answer(message, query);
    if (!(answer instanceof Promise)) {
      this.#send(answer);
      return;
    }
    this.#running.add(query);
    void answer.then((bytes) => {
      this.#running.delete(query);
      this.activeAt = this.#now();
      this.#send(bytes);
      if (this.#isPaused || this.#isEnded || this.#isFinishing) this.#read();
    });
  }

  #send(answer: Uint8Array | undefined): void {
    if (answer === undefined) return;
    const prefixed = new Uint8Array(2 + answer.length);
    prefixed[0] = answer.length >>> 8;
    prefixed[1] = answer.length & 0xff;
    prefixed.set(answer, 2);
    void this.#stream.write(prefixed).catch(() => undefined);
  }

  /**
   * Ends the connection so that the client can read the last answers. FIN goes first; where the client goes on sending, the rest waits until
   * it closes or has been idle too long. To close with bytes unread would reset the connection (RFC 1122 4.2.2.13), and answers that are
   * still on their way would be lost.
   */
  #linger(): void {
    if (this.#isLingering) return;
    this.#isLingering = true;
    // Once the answers have left, a turn: what had arrived by then is read.
    const left = this.#stream.shutdown('write', { timeoutMs: lingerMs });
    left.then(
      () =>
        setImmediate(() => {
          if (this.#droppedBytes === 0) this.close();
        }),
      () => undefined,
    );
  }

  #drop(chunk: Uint8Array): void {
    this.#droppedBytes += chunk.length;
    if (this.#droppedBytes > maxDroppedBytes) this.abort(new Error('goes on asking'));
  }

  #pause(pause: boolean): void {
    if (this.#isPaused === pause) return;
    this.#isPaused = pause;
    if (pause) this.#stream.pause();
    else this.#stream.resume();
  }
}

/** How long the last answers may take to leave. */
const lingerMs = 5000;
/** What a client that was not read may have under way: as much as Linux buffers for both ends, at most (tcp_rmem, tcp_wmem). */
const maxDroppedBytes = 10 * 1024 * 1024;
