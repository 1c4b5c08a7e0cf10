"""A Flask app whose only views answer a constant: what nothing built on Flask can beat by much."""

from flask import Flask, Response

app = Flask(__name__)
LOCATION = "https://apps.apple.com/app/id123456789?pt=118325&ct=spring&mt=8"
BODY = b'{"applinks":{"details":[]}}' + b" " * 1000


@app.get("/download")
def download() -> Response:
    """The redirect"""
    return Response(status=302, headers={"Location": LOCATION, "Cache-Control": "no-store"})


@app.get("/.well-known/apple-app-site-association")
def association() -> Response:
    """A document of about the real size"""
    return Response(BODY, mimetype="application/json")
