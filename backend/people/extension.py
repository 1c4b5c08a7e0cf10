"""Joins the people to an app: the throttle of log-ins, and the cipher of second factors."""

from flask import Flask

from backend.core.encryption import TextCipher
from backend.http.context import AppContext, current_context
from backend.people import throttle
from backend.tables.sealed import cipher_of


def init_app(app: Flask) -> None:
    context: AppContext = app.extensions["tagwire"]
    throttle.init_app(app, context.settings)


def totp_cipher() -> TextCipher:
    return cipher_of("second factor", current_context().settings.secret_keys)
