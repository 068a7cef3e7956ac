import { createHash } from 'node:crypto';

/** The listing's own: system fonts, two colour schemes, nothing that is loaded. */
export const style = `
:root{color-scheme:light dark;--text:#1c2024;--soft:#5c6570;--line:#e3e6ea;--back:#fff;--row:#f5f7f9;--link:#0b57c9;--folder:#d9a441}
@media(prefers-color-scheme:dark){:root{--text:#e6e8eb;--soft:#9aa3ad;--line:#2c3238;--back:#14171a;--row:#1c2125;--link:#8ab8ff;--folder:#c9993f}}
*{box-sizing:border-box}
body{margin:0;background:var(--back);color:var(--text);font:1rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif}
main{max-width:60rem;margin:0 auto;padding:2.5rem 1.5rem 4rem}
h1{margin:0 0 .25rem;font-size:1.375rem;font-weight:600;line-height:1.35;letter-spacing:-.01em;overflow-wrap:anywhere}
h1 .s{margin:0 .375em;color:var(--soft);font-weight:400}
p{margin:0 0 1.5rem;color:var(--soft);font-size:.875rem}
a{color:var(--link);text-decoration:none}
a:hover{text-decoration:underline;text-underline-offset:.2em}
a:focus-visible{outline:2px solid var(--link);outline-offset:2px;border-radius:3px}
.skip{position:absolute;left:1rem;top:-4rem;padding:.5rem .75rem;background:var(--back);border-radius:4px}
.skip:focus{top:1rem}
table{width:calc(100% + 1.5rem);margin:0 -.75rem;border-collapse:collapse}
caption{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
th,td{padding:.4375rem .75rem;text-align:left;font-weight:400;vertical-align:baseline}
thead th{border-bottom:1px solid var(--line);font-size:.8125rem;white-space:nowrap}
thead a{color:var(--soft)}
thead [aria-sort] a{color:var(--text);font-weight:600}
thead [aria-sort] a::after{content:"\\2009\\2191"}
thead [aria-sort=descending] a::after{content:"\\2009\\2193"}
tbody th{width:100%;overflow-wrap:anywhere}
tbody tr+tr>*{border-top:1px solid var(--line)}
tbody tr:hover>*{background:var(--row)}
tbody a{position:relative;display:block;padding-left:1.625rem}
tbody a::before{content:"";position:absolute;left:0;top:.40625rem;width:.9375rem;height:.6875rem;border-radius:2px}
.d a::before{background:linear-gradient(var(--folder),var(--folder)) 0 0/.4375rem .1875rem no-repeat,linear-gradient(var(--folder),var(--folder)) 0 .125rem/100% 100% no-repeat}
.f a::before{left:.125rem;top:.3125rem;width:.6875rem;height:.875rem;border:1.5px solid var(--soft);opacity:.55}
.u a::before{left:.25rem;top:.625rem;width:.4375rem;height:.4375rem;border:solid var(--soft);border-width:1.5px 0 0 1.5px;border-radius:0;transform:rotate(45deg)}
td{color:var(--soft);font-size:.875rem;font-variant-numeric:tabular-nums;white-space:nowrap}
.n{text-align:right}
@media(max-width:40rem){main{padding:1.5rem 1rem 3rem}h1{font-size:1.1875rem}table{width:calc(100% + 1rem);margin:0 -.5rem}th,td{padding-left:.5rem;padding-right:.5rem}td{font-size:.8125rem}.t{display:none}}
@media print{thead a::after,.skip{display:none}}
`;

/** No script, no image, no form: were a name ever to become markup, nothing would come of it. */
export const contentSecurityPolicy: string = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');
