"""The app without its routes, as commands and background processes run in it: settings, then the
backend, then what each room does when something happens. `wsgi.py` adds what serves requests.
"""

import logging
import os
from collections.abc import Mapping
from pathlib import Path

import click
from flask import Flask

import deeplinks.extension
import push.extension
from backend.core.environment import Environment, read
from backend.core.setting_names import warnings, with_new_names
from backend.core.settings import SettingsError
from backend.headless import create_app
from backend.http.context import Clock, system_clock
from push.editorial.settings import Environment as PushEnvironment

log = logging.getLogger(__name__)

# The database, its log, backups and exports hold push addresses: whatever these processes write
# is for their own user alone.
os.umask(0o077)


def compose(environ: Mapping[str, str], root: Path, *, clock: Clock = system_clock) -> Flask:
    """Build an app for these settings, without routes.

    Raises:
        SettingsError: a value cannot be used; the message names the variable.
    """
    app = create_app(read(environ, root), clock=clock)
    push.extension.init_app(app, environ)
    deeplinks.extension.init_app(app, environ)
    return app


def create() -> Flask:
    """Build the app for this process's environment."""
    environ = with_new_names(os.environ)
    try:
        app = compose(environ, Path.cwd())
    except SettingsError as error:
        raise click.ClickException(str(error)) from error
    for line in warnings(os.environ, (*Environment().fields, *PushEnvironment().fields)):
        log.warning("setting not read", extra={"reason": line})
    return app
