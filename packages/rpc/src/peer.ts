import { FramingError, type Decoder } from '@wirestack/framing';
import { withDeadline, type ByteStream, type Deadline } from '@wirestack/socket';
import type { Caller } from './client.ts';
import { faultCodes, RpcError, RpcFault, RpcUsageError } from './errors.ts';
import { makeBatch, rejected, type BatchedCall } from './outbound-batch.ts';
import { HeldMessages } from './held-messages.ts';
import { InboundCalls } from './inbound-calls.ts';
import { Outbox } from './outbox.ts';
import { settlePeer, type PeerOptions, type PeerSettings } from './peer-options.ts';
import { PendingCalls } from './pending-calls.ts';
import type { Packet, Wire } from './wire.ts';

/**
 * One end of a connection that carries calls: it calls and it serves, both at once. What is sent in one turn leaves in one write; calls
 * pipeline, and answers come in any order. Takes the stream over.
 */
export class Peer implements Caller, AsyncDisposable {
  readonly stream: ByteStream;
  readonly wire: Wire;
  /** Resolves when the connection is over, however it ended. */
  readonly closed: Promise<void>;
  readonly #pending: PendingCalls;
  readonly #inbound: InboundCalls;
  readonly #held = new HeldMessages();
  readonly #decoder: Decoder<Uint8Array>;
  readonly #outbox: Outbox;
  readonly #settings: PeerSettings;
  #onClosed!: () => void;
  #isReading = false;
  #isPaused = false;
  #over: RpcError | undefined;
  /** What came is no message, and what comes is not looked at: only what was begun or held before is still answered. */
  #lost: RpcError | undefined;
  #lostTimer: ReturnType<typeof setTimeout> | undefined;
  #peerEnded = false;
  #closing: Promise<void> | undefined;
  #idle: (() => void) | undefined;

  /** @throws RpcUsageError for limits that are none, and for a service that `service()` did not make. */
  constructor(stream: ByteStream, wire: Wire, options: PeerOptions = {}) {
    const settings = settlePeer(options);
    this.#settings = settings;
    this.stream = stream;
    this.wire = wire;
    this.#decoder = wire.framing.decoder();
    this.#outbox = new Outbox(stream, wire, settings.maxBufferedBytes, (error) => {
      this.abort(error);
    });
    this.#pending = new PendingCalls(settings.timeoutMs, settings.maxPending, (id) => {
      if (wire.cancel !== undefined && this.#over === undefined) this.#send(wire.cancel(id));
    });
    this.#inbound = new InboundCalls(wire, this, settings, {
      answer: (text) => this.#send(text),
      settled: () => {
        this.#settled();
      },
    });
    this.closed = new Promise((resolve) => {
      this.#onClosed = resolve;
    });
    stream.attach({
      data: (chunk) => {
        // Not left unread: a connection that is closed with bytes unread is reset, and its last answers may not arrive.
        if (this.#lost !== undefined) return;
        this.#decoder.push(chunk);
        this.#read();
      },
      end: () => {
        this.#peerEnded = true;
        this.#read();
      },
      drain: () => {
        this.#outbox.drained();
        this.#read();
      },
      closed: (error) => {
        this.#end(new RpcError('PEER_GONE', 'the connection ended', { cause: error }));
        this.#onClosed();
      },
    });
  }

  /** Calls of ours without an answer yet. */
  get pending(): number {
    return this.#pending.size;
  }

  /** Calls of theirs that run now. */
  get inFlight(): number {
    return this.#inbound.size;
  }

  /**
   * Calls a procedure of the other side.
   *
   * @throws RpcFault, if that is the answer; RpcError `TIMED_OUT` `ABORTED` `PEER_GONE` `CLOSED` `TOO_MANY_CALLS` `TOO_LARGE`;
   *   RpcUsageError for parameters that the wire has no form for. All of them by rejection.
   */
  call(method: string, params: readonly unknown[], options?: Deadline): Promise<unknown> {
    const refusal = this.#refusal();
    if (refusal !== undefined) return Promise.reject(refusal);
    const id = this.#pending.nextId;
    let text: string;
    try {
      text = this.wire.call(id, method, params);
      const result = this.#pending.add(options);
      this.#encodeCalls([id], text);
      return result;
    } catch (error) {
      return rejected(error);
    }
  }

  /** Sends a call that wants no answer. Resolves when more may be sent. Rejects as `call` does. */
  notify(method: string, params: readonly unknown[]): Promise<void> {
    if (this.#over !== undefined || this.#closing !== undefined || this.#lost !== undefined)
      return Promise.reject(this.#gone());
    try {
      this.#encode(this.wire.notification(method, params));
      return this.#outbox.writable();
    } catch (error) {
      return rejected(error);
    }
  }

  /**
   * Sends calls and notifications as one batch. The promises of the calls settle one by one, as the answers come; `undefined` for a
   * notification.
   *
   * @throws RpcUsageError for an empty batch, where the wire has no batches, and for a notification that it has no form for.
   */
  batch(calls: readonly BatchedCall[], options?: Deadline): readonly (Promise<unknown> | undefined)[] {
    if (this.wire.batch === undefined) throw new RpcUsageError(`${this.wire.name} has no batches`);
    if (calls.length === 0) throw new RpcUsageError('an empty batch is no message');
    const refusal = this.#refusal();
    if (refusal !== undefined) {
      return calls.map(({ notify }) => (notify === true ? undefined : Promise.reject(refusal)));
    }
    const { ids, texts, results } = makeBatch(this.wire, this.#pending, calls, options);
    if (ids.length > 0) this.#encodeCalls(ids, this.wire.batch(texts));
    else if (texts.length > 0) this.#encode(this.wire.batch(texts));
    return results;
  }

  /**
   * Lets the calls of theirs that run come to an end and answers them, then closes; those that come meanwhile do not begin. Calls of ours
   * that are pending, and new ones, are rejected with `CLOSED`. Where the deadline passes first, the connection is aborted, and this
   * rejects with SocketError `TIMED_OUT` or `ABORTED`.
   */
  close(options?: Deadline): Promise<void> {
    this.#closing ??= this.#close();
    // Each caller has a deadline of its own: whoever began to close may have had none.
    return withDeadline(this.#closing, options, (error) => {
      this.abort(error);
    });
  }

  /** Ends the connection at once. Calls of ours are rejected, the signals of theirs aborted. */
  abort(reason?: unknown): void {
    this.#end(new RpcError('CLOSED', 'the connection was aborted on this side', { cause: reason }));
    this.stream.abort(reason);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Handles the messages there are, until one has to wait: then it stops, and what ends the wait calls again. */
  #read(): void {
    if (this.#isReading || this.#over !== undefined) return;
    this.#isReading = true;
    try {
      for (;;) {
        if (this.#mustWait()) {
          this.#pause();
          return;
        }
        const held = this.#inbound.isFull ? undefined : this.#held.take();
        if (held !== undefined) this.#begin(held);
        else if (this.#lost !== undefined) break;
        else {
          const message = this.#peerEnded ? this.#decoder.end() : this.#decoder.next();
          if (message === undefined) break;
          this.#handle(this.wire.decode(message), message.length);
        }
        if (this.#isOver()) return;
        // Short calls may have long answers: back-pressure must be felt between two of them.
        if (this.#outbox.isFull) this.#outbox.flush();
      }
      if (this.#lost !== undefined) this.#endWhereAnswered();
      else if (this.#peerEnded) this.#noMoreCalls();
      else this.#resume();
    } catch (error) {
      this.#lose(error);
    } finally {
      this.#isReading = false;
      this.#outbox.flush();
    }
  }

  /** Theirs that run are at their limit, or they do not read our answers. While we wait for theirs, reading goes on as far as it may. */
  #mustWait(): boolean {
    if (this.#pending.size === 0) return this.#inbound.isFull || this.#outbox.isBlocked;
    return this.#inbound.isFull && this.#held.bytes >= this.#settings.maxBufferedBytes;
  }

  #handle(packet: Packet | readonly Packet[], bytes: number): void {
    let rest = packet;
    if (isBatch(packet)) {
      rest = packet.filter((one) => !this.#takeAnswer(one));
      if (rest.length === 0) return;
    } else if (this.#takeAnswer(packet)) return;
    else if (packet.kind === 'cancel') {
      this.#inbound.receive(packet);
      return;
    }
    if (this.#inbound.isFull) this.#held.push(rest, bytes);
    else this.#begin(rest);
  }

  #begin(packet: Packet | readonly Packet[]): void {
    // On the way out: whoever called learns from the end of the connection that this one got no answer.
    if (this.#closing !== undefined) return;
    if (isBatch(packet)) this.#inbound.receiveBatch(packet);
    else this.#inbound.receive(packet);
  }

  #takeAnswer(packet: Packet): boolean {
    if (packet.kind === 'result') this.#pending.resolve(packet.id, packet.value);
    else if (packet.kind !== 'fault') return false;
    else if (packet.id === null)
      this.#settings.onError(
        new RpcError('PROTOCOL', packet.fault.message, { cause: packet.fault }),
        undefined,
      );
    else this.#pending.reject(packet.id, packet.fault);
    return true;
  }

  /**
   * Bytes that are no messages: where the next one begins is unknown. No call of ours can be answered; those of theirs that came before are,
   * within a time. Then it says so, and ends.
   */
  #lose(error: unknown): void {
    if (!(error instanceof FramingError)) throw error;
    const code = error.code === 'TOO_LARGE' ? 'TOO_LARGE' : 'PROTOCOL';
    this.#lost = new RpcError(code, error.message, { cause: error });
    this.#lostTimer = setTimeout(() => {
      this.#endLost();
    }, lastAnswersMs);
    this.#pending.rejectAll(this.#lost);
    this.#resume();
    this.#settings.onError(this.#lost, undefined);
    this.#endWhereAnswered();
  }

  #endWhereAnswered(): void {
    if (this.#inbound.isIdle && this.#held.size === 0) this.#endLost();
  }

  #endLost(): void {
    if (this.#over !== undefined) return;
    const lost = this.#lost as RpcError;
    if (!this.#peerEnded) {
      this.#send(this.wire.fault(null, new RpcFault(faultCodes.parseError, `Parse error: ${lost.message}`)));
    }
    this.#outbox.finish();
    this.#end(lost);
    void this.stream.close({ timeoutMs: lingerMs }).catch(() => undefined);
  }

  /** The other side sends no more: no call of ours can be answered, those of theirs are, and then it is over. */
  #noMoreCalls(): void {
    this.#pending.rejectAll(new RpcError('PEER_GONE', 'the peer has ended its side'));
    if (this.#inbound.isIdle && this.#held.size === 0) void this.close().catch(() => undefined);
  }

  #settled(): void {
    if (this.#inbound.isIdle) this.#idle?.();
    const isWaiting = this.#isPaused || this.#peerEnded || this.#held.size > 0 || this.#lost !== undefined;
    if (isWaiting) this.#read();
  }

  #encodeCalls(ids: readonly number[], text: string): void {
    try {
      this.#encode(text);
    } catch (error) {
      for (const id of ids) this.#pending.reject(id, error as Error);
    }
  }

  /** An answer, or what stands for one; false where it is too large for the wire. */
  #send(text: string): boolean {
    try {
      this.#encode(text);
      return true;
    } catch (error) {
      this.#settings.onError(error, undefined);
      return false;
    }
  }

  #encode(text: string): void {
    this.#outbox.put(text);
    // What is read in one turn is answered at the end of it.
    if (!this.#isReading) this.#outbox.schedule();
  }

  #pause(): void {
    if (this.#isPaused || this.#lost !== undefined) return;
    this.#isPaused = true;
    this.stream.pause();
  }

  #resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.stream.resume();
  }

  async #close(): Promise<void> {
    this.#pending.rejectAll(this.#gone());
    // A procedure that closes its own connection, in its turn, is answered first.
    if (this.#isReading) await Promise.resolve();
    if (!this.#inbound.isIdle && !this.#isOver()) {
      await new Promise<void>((resolve) => void (this.#idle = resolve));
    }
    this.#outbox.finish();
    this.#end(new RpcError('CLOSED', 'the connection was closed on this side'));
    await this.stream.close();
  }

  #end(reason: RpcError): void {
    if (this.#over !== undefined) return;
    this.#over = reason;
    clearTimeout(this.#lostTimer);
    this.#pending.rejectAll(reason);
    this.#inbound.abortAll(reason);
    this.#held.clear();
    this.#outbox.end();
    this.#idle?.();
  }

  /** A handler may have closed or aborted. */
  #isOver(): boolean {
    return this.#over !== undefined;
  }

  /** Why nothing more can be called; `undefined` where it can. */
  #refusal(): RpcError | undefined {
    if (this.#over !== undefined || this.#closing !== undefined || this.#lost !== undefined)
      return this.#gone();
    return this.#peerEnded ? new RpcError('PEER_GONE', 'the peer has ended its side') : undefined;
  }

  #gone(): RpcError {
    return this.#over ?? this.#lost ?? new RpcError('CLOSED', 'the connection was closed on this side');
  }
}

/** How long procedures may take to answer what came before bytes that are no message. */
const lastAnswersMs = 5000;

/** How long a connection that is beyond repair may take to send the reason. */
const lingerMs = 1000;

function isBatch(packet: Packet | readonly Packet[]): packet is readonly Packet[] {
  return Array.isArray(packet);
}
