import type { ByteStream, Deadline } from '@wirestack/socket';
import { Answers, type Question } from './answers.ts';
import type { Codec } from './codec.ts';
import { countdown, within } from './deadline.ts';
import { FramingUsageError } from './errors.ts';
import type { FramedError } from './framed-error.ts';
import { FrameSink } from './frame-sink.ts';
import { FrameSource } from './frame-source.ts';
import type { CloseOptions, Framed } from './framed.ts';
import { MessageLoop } from './message-loop.ts';

/** What `framed()` answers: a source, a sink, and those who wait for answers. */
export class FramedStream<In, Out> implements Framed<In, Out> {
  readonly stream: ByteStream;
  readonly #batchLimit: number;
  readonly #source: FrameSource<In>;
  readonly #sink: FrameSink<Out>;
  #answers: Answers<In> | undefined;
  #closing: Promise<void> | undefined;
  #isSwitched = false;

  constructor(stream: ByteStream, codec: Codec<In, Out>, batchLimit: number) {
    this.stream = stream;
    this.#batchLimit = batchLimit;
    this.#source = new FrameSource(stream, codec, batchLimit);
    this.#sink = new FrameSink(stream, codec);
  }

  receive(options?: Deadline): Promise<In | undefined> {
    try {
      const frame = options?.signal?.aborted === true ? undefined : this.take();
      if (frame !== undefined || this.#source.isOver) return Promise.resolve(frame);
    } catch (thrown) {
      const error = thrown as Error;
      return Promise.reject(error);
    }
    return this.#receiveLater(options);
  }

  take(): In | undefined {
    this.#requireNoAnswers();
    return this.#source.next();
  }

  messages(options?: Deadline): AsyncIterableIterator<In, undefined> {
    return new MessageLoop(this, options);
  }

  async *batches(options?: Deadline): AsyncGenerator<In[], void, undefined> {
    let left = options && countdown(options);
    for (;;) {
      const batch: In[] = [];
      let failure: { readonly error: unknown } | undefined;
      try {
        this.#requireNoAnswers();
        if (options?.signal?.aborted !== true) {
          for (let frame; (frame = this.#source.next()) !== undefined;) batch.push(frame);
        }
      } catch (error) {
        failure = { error };
      }
      if (batch.length > 0) {
        yield batch;
        left = options && countdown(options);
      }
      if (failure !== undefined) throw failure.error;
      if (this.#source.isOver) return;
      await this.#source.wait(left?.());
    }
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<In, undefined> {
    return this.messages();
  }

  send(frame: Out, options?: Deadline): Promise<void> {
    this.#requireCurrent();
    this.#sink.encode(frame);
    return this.#flush(options);
  }

  sendAll(frames: Iterable<Out>, options?: Deadline): Promise<void> {
    this.#requireCurrent();
    try {
      for (const frame of frames) this.#sink.encode(frame);
    } catch (error) {
      void this.#sink.flushSoon();
      throw error;
    }
    return this.#flush(options);
  }

  request(frame: Out, options?: Deadline): Promise<In> {
    let question: Question<In> | undefined;
    let givenUp: FramedError | undefined;
    const ask = async (): Promise<In> => {
      this.#requireNoReceive();
      if (this.stream.needsDrain) await this.stream.write(nothing);
      if (givenUp !== undefined) throw givenUp;
      this.#requireNoReceive();
      this.#sink.encode(frame);
      const answers = (this.#answers ??= new Answers(this.#source));
      const asked = (question = answers.expect(options === undefined));
      this.#sink.flushSoon().catch((error: unknown) => {
        answers.giveUp(asked, error);
      });
      return asked.answer;
    };
    return within(options, ask, (error) => {
      givenUp = error;
      if (question !== undefined) this.#answers?.giveUp(question, error);
    });
  }

  async end(options?: Deadline): Promise<void> {
    this.#requireCurrent();
    void this.#sink.flush();
    await this.stream.shutdown('write', options);
  }

  close(options: CloseOptions = {}): Promise<void> {
    this.#requireCurrent();
    this.#closing ??= this.#close(options);
    this.#closing.catch(() => undefined);
    return this.#closing;
  }

  switchTo<NextIn, NextOut = NextIn>(codec: Codec<NextIn, NextOut>): Framed<NextIn, NextOut> {
    this.#requireCurrent();
    this.#requireNoReceive();
    this.#requireNoAnswers();
    const next = new FramedStream(this.stream, codec, this.#batchLimit);
    next.#source.follow(this.#source);
    void this.#sink.flush();
    this.#isSwitched = true;
    return next;
  }

  async #receiveLater(options: Deadline | undefined): Promise<In | undefined> {
    const left = options && countdown(options);
    for (;;) {
      if (this.#source.isOver) return undefined;
      await this.#source.wait(left?.());
      const frame = this.take();
      if (frame !== undefined) return frame;
    }
  }

  #flush(options: Deadline | undefined): Promise<void> {
    return options === undefined ? this.#sink.flushSoon() : this.#sink.flushWithin(options);
  }

  #close({ timeoutMs = 30_000, signal, dropBytes = 262_144 }: CloseOptions): Promise<void> {
    const close = async (): Promise<void> => {
      try {
        await this.end();
        await this.#answers?.idle;
        await this.#source.drain(dropBytes);
      } catch (error) {
        this.stream.abort(error);
        if (wasOurs(error)) return;
        throw error;
      }
      await this.stream.close();
    };
    return within({ timeoutMs, signal }, close, (error) => {
      this.stream.abort(error);
    });
  }

  #requireNoAnswers(): void {
    this.#requireCurrent();
    if (this.#answers?.isAwaited === true) {
      throw new FramingUsageError('requests wait for their answers: what comes next is theirs');
    }
  }

  #requireNoReceive(): void {
    this.#requireCurrent();
    if (this.#source.isWaiting && this.#answers?.isReading !== true) {
      throw new FramingUsageError('a receive is outstanding: await it first');
    }
  }

  #requireCurrent(): void {
    if (this.#isSwitched) throw new FramingUsageError('switchTo() was called: use what it answered');
  }
}

/** The stream had been closed or aborted on this side: nobody expects what was sent to arrive. */
function wasOurs(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'CLOSED' || error.code === 'ABORTED');
}

const nothing = new Uint8Array(0);
