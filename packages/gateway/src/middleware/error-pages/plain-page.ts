/** What went wrong, for a page about it. */
export interface Problem {
  readonly status: number;
  /** `Internal Server Error` */
  readonly reason: string;
  /** The message of an error that has `expose: true`: meant for the client. */
  readonly detail: string | undefined;
  readonly requestId: string | undefined;
  /** What the client likes best of `text/plain`, `text/html`, `application/json` and `application/problem+json`. */
  readonly mediaType: string;
  /** Not for the client. */
  readonly error: unknown;
}

export interface ErrorPage {
  /** The Content-Type. */
  readonly type: string;
  readonly body: string;
}

/** A page that says no more than the status, and the id that whoever asks may be told. */
export function plainPage({ status, reason, detail, requestId, mediaType }: Problem): ErrorPage {
  const title = `${String(status)} ${reason}`;
  if (mediaType.endsWith('json')) {
    const problem = {
      type: 'about:blank',
      title: reason,
      status,
      ...(detail !== undefined && { detail }),
      ...(requestId !== undefined && { requestId }),
    };
    return { type: mediaType, body: `${JSON.stringify(problem)}\n` };
  }
  const lines = [detail, requestId === undefined ? undefined : `Request ${requestId}`].filter(
    (line) => line !== undefined,
  );
  if (mediaType === 'text/html') {
    const more = lines.map((line) => `<p>${escapeHtml(line)}</p>\n`).join('');
    return { type: htmlType, body: htmlPage(title, `<h1>${escapeHtml(title)}</h1>\n${more}`) };
  }
  return { type: 'text/plain; charset=utf-8', body: [title, ...lines, ''].join('\n') };
}

export const htmlType = 'text/html; charset=utf-8';

export function htmlPage(title: string, content: string, style: string = ''): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escapeHtml(title)}</title>
<style>body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:64rem;padding:0 1rem}${style}</style>
</head>
<body>
${content}</body>
</html>
`;
}

/** For text and for attributes in either quotes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (mark) => `&#${String(mark.charCodeAt(0))};`);
}
