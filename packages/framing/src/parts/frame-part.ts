/**
 * A piece of a frame, for frames that are never whole in memory: `begin`, its `data` as it comes, `end`. `bytes` is the frame's length
 * where the format tells it in advance.
 */
export type FramePart =
  | { readonly type: 'begin'; readonly bytes: number | undefined }
  | { readonly type: 'data'; readonly data: Uint8Array }
  | { readonly type: 'end' };

export const frameEnd: FramePart = Object.freeze({ type: 'end' });
