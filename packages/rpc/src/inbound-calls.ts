import type { Caller } from './client.ts';
import { faultCodes, RpcFault } from './errors.ts';
import { InboundContext } from './inbound-context.ts';
import type { PeerSettings } from './peer-options.ts';
import { toFault, type Procedure } from './service.ts';
import type { CallId, Packet, Wire } from './wire.ts';

export interface InboundEvents {
  /** Sends an answer; false where it is too large to be sent. */
  readonly answer: (text: string) => boolean;
  /** A call that took longer than its turn is over, or a batch with such a call is answered. */
  readonly settled: () => void;
}

type Call = Extract<Packet, { kind: 'call' }>;
/** The text of an answer; `undefined` for a notification. */
type Answer = string | undefined;

interface Batch {
  readonly packets: readonly Packet[];
  /** Of the calls that were begun. */
  readonly answers: (Answer | Promise<Answer>)[];
}

/** Calls of the other side: runs them, and gives the answers. Those that end in their turn cost no promise. */
export class InboundCalls {
  /** Running, and answered later. Calls without an id of their own are counted, and cannot be cancelled. */
  readonly #running = new Map<CallId | symbol, InboundContext>();
  /** Messages, one each for a batch, whose answers are to come. */
  #unanswered = 0;
  /** One that is begun, whose next call has to wait until another is over. */
  #begun: Batch | undefined;
  #isOver = false;
  readonly #wire: Wire;
  readonly #peer: Caller;
  readonly #settings: PeerSettings;
  readonly #events: InboundEvents;

  constructor(wire: Wire, peer: Caller, settings: PeerSettings, events: InboundEvents) {
    this.#wire = wire;
    this.#peer = peer;
    this.#settings = settings;
    this.#events = events;
  }

  get size(): number {
    return this.#running.size;
  }

  /** As many run as may: no message may begin. */
  get isFull(): boolean {
    return this.#running.size >= this.#settings.maxInFlight || this.#begun !== undefined;
  }

  /** Every answer has been given: one goes out a little later than its procedure ends, that of a batch later still. */
  get isIdle(): boolean {
    return this.#unanswered === 0;
  }

  receive(packet: Packet): void {
    const answer = this.#answer(packet);
    if (typeof answer === 'string') this.#send(answer, packet);
    else if (answer !== undefined) {
      this.#unanswered++;
      void answer.then((text) => {
        this.#unanswered--;
        if (text !== undefined) this.#send(text, packet);
        this.#settled();
      });
    }
  }

  /** Answered by one message, when the last call of it is over; by none where all are notifications. */
  receiveBatch(packets: readonly Packet[]): void {
    this.#unanswered++;
    this.#goOn({ packets, answers: [] });
  }

  abortAll(reason: unknown): void {
    this.#isOver = true;
    for (const context of this.#running.values()) context.abort(reason);
  }

  /** Begins the calls of a batch, in their order, as many as may run. */
  #goOn(batch: Batch): void {
    const { packets, answers } = batch;
    this.#begun = undefined;
    for (const packet of packets.slice(answers.length)) {
      if (this.#isOver) return;
      if (this.isFull) {
        this.#begun = batch;
        return;
      }
      const answer = this.#answer(packet);
      answers.push(answer);
      if (typeof answer === 'object') {
        void answer.then(() => {
          this.#settled();
        });
      }
    }
    if (answers.every(isGiven)) this.#answerBatch(answers, packets);
    else {
      void Promise.all(answers.map((answer) => Promise.resolve(answer))).then((given) => {
        this.#answerBatch(given, packets);
        this.#events.settled();
      });
    }
  }

  #settled(): void {
    if (this.#begun !== undefined && this.#running.size < this.#settings.maxInFlight) this.#goOn(this.#begun);
    this.#events.settled();
  }

  #send(text: string, packet: Packet): void {
    if (!this.#events.answer(text)) this.#events.answer(this.#tooLarge(packet));
  }

  #answerBatch(answers: readonly Answer[], packets: readonly Packet[]): void {
    this.#unanswered--;
    const given = packets.filter((_, index) => answers[index] !== undefined);
    if (given.length === 0 || this.#events.answer(this.#batch(answers))) return;
    this.#events.answer(this.#batch(given.map((packet) => this.#tooLarge(packet))));
  }

  #batch(answers: readonly Answer[]): string {
    const texts = answers.filter((answer) => answer !== undefined);
    return (this.#wire.batch as (texts: readonly string[]) => string)(texts);
  }

  /** Said instead of an answer above the limit for messages: silence would leave the caller waiting. */
  #tooLarge(packet: Packet): string {
    return this.#wire.fault(
      packet.id ?? null,
      new RpcFault(faultCodes.internalError, 'the answer is too large'),
    );
  }

  #answer(packet: Packet): Answer | Promise<Answer> {
    if (packet.kind === 'call') return this.#call(packet);
    if (packet.kind === 'invalid') {
      this.#settings.onError(packet.fault, undefined);
      return this.#wire.fault(packet.id, packet.fault);
    }
    if (packet.kind === 'cancel' && packet.id !== null) {
      this.#running.get(packet.id)?.abort(new RpcFault(requestCancelled, 'Request cancelled'));
    }
    return undefined;
  }

  #call(call: Call): Answer | Promise<Answer> {
    const context = new InboundContext(call, this.#peer);
    try {
      const procedure = this.#settings.service?.procedures.get(call.method);
      if (procedure === undefined) throw new RpcFault(faultCodes.methodNotFound, 'Method not found');
      if (typeof call.id !== 'undefined' && call.id !== null && this.#running.has(call.id)) {
        throw new RpcFault(faultCodes.invalidRequest, 'Invalid Request: the id is in use');
      }
      const result = procedure.call(paramsOf(call, procedure), context);
      if (isThenable(result)) return this.#later(call, context, result);
      return this.#result(call, result);
    } catch (error) {
      return this.#fault(call, error);
    }
  }

  async #later(call: Call, context: InboundContext, result: PromiseLike<unknown>): Promise<Answer> {
    const key = call.id ?? Symbol(call.method);
    this.#running.set(key, context);
    try {
      const value = await result;
      return this.#result(call, value);
    } catch (error) {
      return this.#fault(call, context.cancelledBy(error) ?? error);
    } finally {
      this.#running.delete(key);
    }
  }

  #result(call: Call, value: unknown): Answer {
    return call.id === undefined ? undefined : this.#wire.result(call.id, value);
  }

  #fault(call: Call, error: unknown): Answer {
    const { exposeErrors, onError } = this.#settings;
    if (!(error instanceof RpcFault)) onError(error, call.method);
    if (call.id === undefined) return undefined;
    const fault = toFault(error, exposeErrors);
    try {
      return this.#wire.fault(call.id, fault);
    } catch (unwritable) {
      // The fault's data has no form on the wire.
      onError(unwritable, call.method);
      return this.#wire.fault(call.id, new RpcFault(fault.code, fault.message));
    }
  }
}

/** LSP 3.17, ErrorCodes: the call was cancelled by who made it. */
const requestCancelled = -32800;

/** Parameters by name become those by position where the procedure names them (JSON-RPC 2.0, section 4.2). */
function paramsOf(call: Call, procedure: Procedure): readonly unknown[] {
  const names = procedure.parameterNames;
  if (!call.named || names === undefined) return call.params;
  const given = call.params[0] as Readonly<Record<string, unknown>>;
  for (const name of Object.keys(given)) {
    if (!names.includes(name)) {
      throw new RpcFault(
        faultCodes.invalidParams,
        `Invalid params: no parameter is called ${JSON.stringify(name)}`,
      );
    }
  }
  const params = names.map((name) => (Object.hasOwn(given, name) ? given[name] : undefined));
  while (params.length > 0 && params.at(-1) === undefined) params.pop();
  return params;
}

function isGiven(answer: Answer | Promise<Answer>): answer is Answer {
  return typeof answer !== 'object';
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
