import type { PartHead } from './part-head.ts';

/** What a multipart decoder says, in order: for each part one `part`, any number of `data`, one `part-end`; at last one `end`. */
export type MultipartEvent = PartEvent | PartDataEvent | PartEndEvent | FormEndEvent;

export interface PartEvent {
  readonly type: 'part';
  readonly head: PartHead;
}

export interface PartDataEvent {
  readonly type: 'data';
  /** A view of the chunk that was pushed, wherever possible. */
  readonly bytes: Uint8Array;
}

export interface PartEndEvent {
  readonly type: 'part-end';
}

/** The last boundary was there: the form is complete. */
export interface FormEndEvent {
  readonly type: 'end';
}
