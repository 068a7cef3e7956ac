import { FramingUsageError, QueueDecoder, type Codec } from '@wirestack/framing/codecs';

class ShortTextDecoder extends QueueDecoder<string> {
  protected parse(): string | undefined {
    if (this.queue.length === 0) return undefined;
    const size = this.queue.at(0);
    if (size > 100) this.fail('TOO_LARGE', `a text of ${String(size)} bytes`);
    if (this.queue.length < 1 + size) return undefined;
    this.queue.skip(1);
    return new TextDecoder().decode(this.queue.take(size));
  }
}

export const shortText: Codec<string> = {
  name: 'shortText',
  decoder: () => new ShortTextDecoder(),
  encoder: () => ({
    encode: (text, into) => {
      const bytes = new TextEncoder().encode(text);
      if (bytes.length > 100) throw new FramingUsageError(`a text of ${String(bytes.length)} bytes`);
      into.reserve(1)[0] = bytes.length;
      into.append(bytes);
    },
  }),
};
