#!/usr/bin/env python3
# Seed 001's program. It showed what was typed as it was, scripts too: here it is escaped. `cgi.FieldStorage` left Python with 3.13.
import html
import os
import sys
from urllib.parse import parse_qs

if os.environ['REQUEST_METHOD'] == 'POST':
    text = sys.stdin.buffer.read(int(os.environ.get('CONTENT_LENGTH') or 0)).decode()
else:
    text = os.environ['QUERY_STRING']
form = parse_qs(text)

sys.stdout.reconfigure(encoding='utf-8')
print('Content-Type: text/html; charset=utf-8')
print()
print('<p>Hello world!</p>')
print('<p>' + html.escape(form.get('firstname', [''])[0]) + '</p>')
