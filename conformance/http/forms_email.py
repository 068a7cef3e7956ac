"""The parser and generator of Python's mail package: reads forms of others, and writes some. JSON in, JSON out, a batch at a time."""

import base64
import json
import sys
from email import encoders
from email.generator import BytesGenerator
from email.mime.base import MIMEBase
from email.mime.multipart import MIMEMultipart
from email.parser import BytesParser
from email.policy import HTTP
from io import BytesIO


def b64(data):
    return base64.b64encode(data).decode("ascii")


def read(form):
    head = b"Content-Type: " + form["type"].encode("latin-1") + b"\r\n\r\n"
    message = BytesParser().parsebytes(head + base64.b64decode(form["body"]))
    parts = []
    for part in message.get_payload():
        parts.append(
            {
                "name": part.get_param("name", header="content-disposition"),
                "filename": part.get_param("filename", None, "content-disposition"),
                "type": part.get("Content-Type"),
                "content": b64(part.get_payload(decode=True)),
            }
        )
    return {"parts": parts, "defects": [type(defect).__name__ for defect in message.defects]}


def write(form):
    message = MIMEMultipart("form-data")
    for part in form["parts"]:
        one = MIMEBase(*part["type"].split("/"))
        one.set_payload(base64.b64decode(part["content"]).decode("ascii", "surrogateescape"))
        del one["MIME-Version"]
        more = {} if part["filename"] is None else {"filename": part["filename"]}
        if part["filename"] is not None and not part["filename"].isascii():
            more = {"filename": ("utf-8", "", part["filename"])}
        one.add_header("Content-Disposition", "form-data", name=part["name"], **more)
        message.attach(one)
    out = BytesIO()
    BytesGenerator(out, mangle_from_=False, policy=HTTP.clone(max_line_length=form["fold"])).flatten(message)
    head, _, body = out.getvalue().partition(b"\r\n\r\n")
    return {"type": message.get_content_type() + '; boundary="' + message.get_boundary() + '"', "body": b64(body)}


work = {"read": read, "write": write}
json.dump([work[one["do"]](one) for one in json.load(sys.stdin)], sys.stdout)
