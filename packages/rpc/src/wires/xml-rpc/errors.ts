/**
 * | code | meaning |
 * |---|---|
 * | `TRUNCATED` | the document ends too early |
 * | `NOT_XML` | not well-formed, no UTF-8, or a character that XML 1.0 forbids |
 * | `UNSUPPORTED` | XML that no XML-RPC needs: processing instructions, encodings other than UTF-8, US-ASCII and ISO-8859-1 |
 * | `DOCTYPE` | a document type declaration: the door to external entities and entity bombs, never opened here |
 * | `BAD_ROOT` | the outermost element is not the one expected |
 * | `BAD_STRUCTURE` | well-formed, but not as XML-RPC has it |
 * | `BAD_VALUE` | an element whose text is no value of its type: `<int>ten</int>` |
 * | `TOO_LARGE` `TOO_DEEP` `TOO_MANY_VALUES` | above `maxBytes`, `maxDepth`, `maxValues` |
 */
export type XmlRpcFormatErrorCode =
  | 'TRUNCATED'
  | 'NOT_XML'
  | 'UNSUPPORTED'
  | 'DOCTYPE'
  | 'BAD_ROOT'
  | 'BAD_STRUCTURE'
  | 'BAD_VALUE'
  | 'TOO_LARGE'
  | 'TOO_DEEP'
  | 'TOO_MANY_VALUES';

/** The peer sent what is no XML-RPC document, or one above the limits. Nothing of it was run. */
export class XmlRpcFormatError extends Error {
  override readonly name = 'XmlRpcFormatError';
  readonly code: XmlRpcFormatErrorCode;
  /** Where, in bytes of the document as UTF-8. */
  readonly offset: number;

  constructor(code: XmlRpcFormatErrorCode, message: string, offset: number) {
    super(`${message} (byte ${String(offset)})`);
    this.code = code;
    this.offset = offset;
  }
}
