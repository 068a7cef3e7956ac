"""urllib: the form of seed 001, posted. Arguments: the address of the page."""

import html
import sys
from urllib.parse import urlencode
from urllib.request import urlopen

NAMES = ["Zoë", "<script>alert(1)</script>", "a&b=c+d;e%41", "日本語 \"quoted\" 'too'", "line\r\nbreak"]

for name in NAMES:
    data = urlencode({"firstname": name}).encode()
    with urlopen(sys.argv[1], data, timeout=20) as response:
        page = response.read().decode()
    assert response.status == 200
    assert f"<strong>{html.escape(name).replace('&#x27;', '&#39;')}</strong>" in page, page
    assert "<script" not in page, page

print("ok")
