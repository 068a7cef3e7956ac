/** The two packages bring no types. Only what is used of them. */
declare module 'cobs' {
  const cobs: { encode(bytes: Buffer): Buffer; decode(bytes: Buffer): Buffer };
  export default cobs;
}

declare module 'slip' {
  const slip: {
    encode(bytes: Uint8Array): Uint8Array;
    Decoder: new (options: { onMessage: (message: Uint8Array) => void; bufferSize?: number }) => {
      decode(bytes: Uint8Array): void;
    };
  };
  export default slip;
}
