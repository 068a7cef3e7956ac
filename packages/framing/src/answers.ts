import { FramedError } from './framed-error.ts';
import type { FrameSource } from './frame-source.ts';

/**
 * Who waits for which answer, where answers come in the order of the questions. The oldest question gets the next frame; one that was given
 * up keeps its place, and its answer is dropped when it comes.
 */
export class Answers<In> {
  readonly #source: FrameSource<In>;
  /** The oldest first. */
  #questions: Question<In>[] = [];
  /** Questions that somebody waits on, and those of them that cannot be given up. */
  #awaited = 0;
  #patient = 0;
  #isReading = false;
  #reader: Promise<void> = Promise.resolve();
  #stop = new AbortController();

  constructor(source: FrameSource<In>) {
    this.#source = source;
  }

  get isAwaited(): boolean {
    return this.#awaited > 0;
  }

  /** Reads, or is about to let go of a read. */
  get isReading(): boolean {
    return this.#isReading;
  }

  /** Resolves once nobody waits: all were answered, or given up. */
  get idle(): Promise<void> {
    return this.#reader;
  }

  /** A question was asked: now, or the answers are taken for each other's. */
  expect(isPatient: boolean): Question<In> {
    const question = new Question<In>(isPatient);
    this.#questions.push(question);
    this.#awaited++;
    if (isPatient) this.#patient++;
    if (!this.#isReading) {
      this.#isReading = true;
      this.#reader = this.#read();
    }
    return question;
  }

  /** Rejects it. Its answer, should it come, is nobody's. */
  giveUp(question: Question<In>, error: unknown): void {
    if (question.isSettled) return;
    this.#settle(question).reject(error);
    if (this.#awaited > 0) return;
    this.#source.dropNext(this.#questions.length);
    this.#questions = [];
    if (this.#isReading) this.#stop.abort();
  }

  async #read(): Promise<void> {
    while (this.#awaited > 0) {
      try {
        const frame = this.#source.next();
        if (frame !== undefined) this.#answer(frame);
        else if (this.#source.isOver) this.#fail(unanswered());
        else await this.#source.wait(this.#patient === 0 ? { signal: this.#stop.signal } : undefined);
      } catch (error) {
        if (this.#stop.signal.aborted) this.#stop = new AbortController();
        else this.#fail(error);
      }
    }
    this.#isReading = false;
  }

  #answer(frame: In): void {
    const question = this.#questions.shift();
    if (question === undefined || question.isSettled) return;
    this.#settle(question).resolve(frame);
  }

  #fail(error: unknown): void {
    const questions = this.#questions;
    this.#questions = [];
    for (const question of questions) if (!question.isSettled) this.#settle(question).reject(error);
  }

  #settle(question: Question<In>): Question<In> {
    question.isSettled = true;
    this.#awaited--;
    if (question.isPatient) this.#patient--;
    return question;
  }
}

/** One that waits for its answer. */
export class Question<In> {
  readonly isPatient: boolean;
  isSettled = false;
  readonly answer: Promise<In>;
  resolve!: (frame: In) => void;
  reject!: (error: unknown) => void;

  constructor(isPatient: boolean) {
    this.isPatient = isPatient;
    this.answer = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }
}

function unanswered(): FramedError {
  return new FramedError('UNANSWERED', 'the peer ended before it answered');
}
