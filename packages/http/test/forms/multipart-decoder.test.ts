import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MultipartDecoder } from '@wirestack/http/forms';
import { bytesOf, cutAt, decodeForm, decodeText, lines, pieces } from './events.ts';

const fieldHead = 'Content-Disposition: form-data; name="a"';

/** A form with all there is: preamble, padding, folds, data that resemble boundaries, an empty part, one without a line end of its own, epilogue. */
const form = lines(
  'preamble --x',
  '--x \t',
  fieldHead,
  '',
  '\r\n--\r\r\n-x--x\r\n--',
  '--x',
  'content-disposition: Form-Data; filename="f\xc3\xbc.txt"; name=f',
  'Content-Type:',
  ' text/html; charset=utf-8',
  '',
  'line\nline\r\n',
  '--x',
  fieldHead,
  '',
  '',
  '--x',
  fieldHead,
  '',
  '--x-- ',
  'epilogue',
  '--x',
);
const expected = {
  parts: [
    { name: 'a', filename: undefined, type: 'text/plain', data: '\r\n--\r\r\n-x--x\r\n--', isOpen: false },
    {
      name: 'f',
      filename: 'fü.txt',
      type: 'text/html; charset=utf-8',
      data: 'line\nline\r\n',
      isOpen: false,
    },
    { name: 'a', filename: undefined, type: 'text/plain', data: '', isOpen: false },
    { name: 'a', filename: undefined, type: 'text/plain', data: '', isOpen: false },
  ],
  isComplete: true,
  error: undefined,
};

describe('MultipartDecoder', () => {
  it('reads a form with preamble, padding, folded fields, empty parts and an epilogue', () => {
    expect(decodeText(form)).toMatchObject(expected);
  });

  it('reads the same wherever it is cut in two', () => {
    const bytes = bytesOf(form);
    for (let at = 0; at <= bytes.length; at++) expect(decodeForm(cutAt(bytes, at))).toMatchObject(expected);
  });

  it('reads the same wherever it is cut in three', () => {
    const bytes = bytesOf(form);
    for (let at = 0; at <= bytes.length; at++) {
      for (let to = at; to <= bytes.length; to++) {
        const seen = decodeForm(cutAt(bytes, at, to));
        if (seen.error !== undefined || seen.parts.length !== 4) expect.fail(`${String(at)} ${String(to)}`);
        for (const [index, part] of seen.parts.entries()) {
          if (part.data !== expected.parts[index]?.data)
            expect.fail(`${String(at)} ${String(to)} ${part.data}`);
        }
      }
    }
  });

  it('reads the same a byte at a time, and holds no more than a head', () => {
    const seen = decodeForm(pieces(bytesOf(form), 1));
    expect(seen).toMatchObject(expected);
    expect(seen.mostBuffered).toBeLessThan(120);
  });

  it('reads the same where all is pushed before the first next()', () => {
    const decoder = new MultipartDecoder('x');
    for (const piece of pieces(bytesOf(form), 3)) decoder.push(piece);
    const data: string[] = [];
    for (let event; (event = decoder.end()) !== undefined;) {
      data.push(event.type === 'data' ? Buffer.from(event.bytes).toString('latin1') : event.type);
    }
    expect(data.filter((text) => text === 'part')).toHaveLength(4);
    expect(data.at(-1)).toBe('end');
    expect(data).toContain('\r\n--\r\r\n-x--x\r\n--');
  });

  it('reads the same where more is pushed while data are still to be taken', () => {
    const bytes = bytesOf(lines('--x', fieldHead, '', 'one\r\n--two', '--x--', ''));
    for (let at = 1; at < bytes.length - 1; at++) {
      const decoder = new MultipartDecoder('x');
      let data = '';
      const types: string[] = [];
      const take = (): boolean => {
        const event = decoder.next();
        if (event?.type === 'data') data += Buffer.from(event.bytes).toString('latin1');
        else if (event !== undefined) types.push(event.type);
        return event !== undefined;
      };
      decoder.push(bytes.slice(0, at));
      take();
      decoder.push(bytes.slice(at, at + 1));
      take();
      decoder.push(bytes.slice(at + 1));
      while (take());
      expect([at, data, types]).toEqual([at, 'one\r\n--two', ['part', 'part-end', 'end']]);
    }
  });

  it('says TRUNCATED wherever it is cut off before its last boundary, and has not made anything up', () => {
    const bytes = bytesOf(form);
    const complete = form.indexOf('--x-- ') + '--x--'.length;
    for (let length = 0; length <= bytes.length; length++) {
      for (const chunks of [[bytes.slice(0, length)], pieces(bytes.slice(0, length), 1)]) {
        const { parts, isComplete, error } = decodeForm(chunks);
        expect(error).toBe(length < complete ? 'TRUNCATED' : undefined);
        expect(isComplete).toBe(length >= complete);
        for (const [index, part] of parts.entries()) {
          const whole = expected.parts[index];
          expect(part).toMatchObject({ name: whole?.name, filename: whole?.filename, type: whole?.type });
          if (part.isOpen) expect(whole?.data.startsWith(part.data)).toBe(true);
          else expect(part.data).toBe(whole?.data);
        }
      }
    }
  });

  it('asks for more, and does not throw, on input that is not complete', () => {
    const bytes = bytesOf(form);
    for (let length = 0; length <= bytes.length; length++) {
      expect(decodeForm([bytes.slice(0, length)], { ends: false }).error).toBeUndefined();
    }
  });

  it('answers undefined ever after the end', () => {
    const decoder = new MultipartDecoder('x');
    decoder.push(bytesOf(form));
    while (decoder.end() !== undefined);
    for (let again = 0; again < 3; again++) expect(decoder.end()).toBeUndefined();
    expect(decoder.bufferedBytes).toBe(0);
  });

  it('gives views of what was pushed, not copies', () => {
    const bytes = bytesOf(lines('--x', fieldHead, '', 'a'.repeat(1000), '--x--'));
    const decoder = new MultipartDecoder('x');
    decoder.push(bytes.subarray(0, 600));
    const views: Uint8Array[] = [];
    const drain = (): void => {
      for (let event; (event = decoder.next()) !== undefined;)
        if (event.type === 'data') views.push(event.bytes);
    };
    drain();
    decoder.push(bytes.subarray(600));
    drain();
    expect(views).toHaveLength(2);
    for (const view of views) expect(view.buffer).toBe(bytes.buffer);
  });

  it('never gives away its own memory: data may be changed by who has them', () => {
    const bytes = bytesOf(lines('--xy', fieldHead, '', 'a\r\n--x', 'b\r\n--x', '--xy--'));
    const decoder = new MultipartDecoder('xy');
    let text = '';
    for (const piece of pieces(bytes, 1)) {
      decoder.push(piece);
      for (let event; (event = decoder.next()) !== undefined;) {
        if (event.type !== 'data') continue;
        text += Buffer.from(event.bytes).toString('latin1');
        event.bytes.fill(0);
      }
    }
    expect(text).toBe('a\r\n--x\r\nb\r\n--x');
  });

  it('takes a form without parts, as browsers send one', () => {
    expect(decodeText('--x--\r\n')).toMatchObject({ parts: [], isComplete: true, error: undefined });
    expect(decodeText('--x--')).toMatchObject({ parts: [], isComplete: true, error: undefined });
  });

  it.each(['a', "0123456789'()+_,-./:=?", 'a b', 'a'.repeat(70), '-'.repeat(70)])(
    'takes the boundary %j',
    (boundary) => {
      const text = lines(`--${boundary}`, fieldHead, '', `\r\n-${boundary}`, `--${boundary}--`);
      for (const size of [1, 7, 1000]) {
        const seen = decodeForm(pieces(bytesOf(text), size), { boundary });
        expect(seen).toMatchObject({ isComplete: true, parts: [{ data: `\r\n-${boundary}` }] });
      }
    },
  );

  it.each(['', 'a'.repeat(71), 'a ', ' ', 'a\r\n', 'ä', 'a"b', 'a\0', 'a;b', 'a*b'])(
    'refuses the boundary %j',
    (boundary) => {
      expect(() => new MultipartDecoder(boundary)).toThrow(expect.objectContaining({ code: 'BAD_OPTION' }));
    },
  );
});

describe('a folded head', () => {
  it('is joined without the line ends, and the chunk that it came in is left as it was', () => {
    const bytes = Buffer.from(
      lines(
        '--x',
        'Content-Disposition: form-data;',
        '\tname="a b',
        ' c"; filename="d',
        '  e"',
        '',
        '1',
        '--x--',
      ),
    );
    const before = Buffer.from(bytes);
    const decoder = new MultipartDecoder('x');
    decoder.push(bytes);
    const event = decoder.next();
    if (event?.type !== 'part') expect.fail('no part');
    expect(event.head).toMatchObject({ name: 'a b c', filename: 'd  e' });
    expect([...event.head.headers]).toEqual([
      ['Content-Disposition', 'form-data;\tname="a b c"; filename="d  e"'],
    ]);
    expect(bytes).toEqual(before);
  });
});

describe('what is no delimiter', () => {
  const around = (data: string): string => lines('--bound', fieldHead, '', data, '--bound--', '');

  it.each([
    '--bound',
    'a--bound--',
    '\n--bound\n',
    '\r--bound\r',
    '\r\n--boun',
    '\r\n--boun\r\n--boun',
    '\r\n-bound',
    '\r\n- -bound',
    '\r\n--Bound',
    '\r\r\n--boun',
    '\r\n\r\n--boun-d',
    '\r\n --bound',
    '\r\n--b\r\n--bo\r\n--bou\r\n--boun\r',
  ])('is data: %j', (data) => {
    // The first of all would end an empty part, were nothing in front of it.
    const bytes = bytesOf(around(`.${data}`));
    for (let at = 0; at <= bytes.length; at++) {
      const seen = decodeForm(cutAt(bytes, at), { boundary: 'bound' });
      expect(seen).toMatchObject({ isComplete: true, parts: [{ data: `.${data}`, isOpen: false }] });
    }
    expect(decodeForm(pieces(bytes, 1), { boundary: 'bound' })).toMatchObject({
      parts: [{ data: `.${data}` }],
    });
  });

  it('is data: any bytes from which a delimiter could be made', () => {
    const data = fc.array(fc.constantFrom('\r', '\n', '-', 'b', 'bound', '\r\n--boun', '\r\n--', 'x'), {
      maxLength: 40,
    });
    fc.assert(
      fc.property(data, fc.integer({ min: 1, max: 20 }), (texts, size) => {
        const text = texts.join('');
        fc.pre(!`\r\n${text}\r\n`.includes('\r\n--bound'));
        const seen = decodeForm(pieces(bytesOf(around(text)), size), { boundary: 'bound' });
        expect(seen).toMatchObject({ isComplete: true, error: undefined, parts: [{ data: text }] });
      }),
      { numRuns: 2000 },
    );
  });
});
