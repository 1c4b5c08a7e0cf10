"""The visitor of the request that is answered, and the parameters that they bring along."""

from flask import request

from deeplinks.visitors.client import Client, client_of
from deeplinks.visitors.forwarding import free_parameters
from deeplinks.visitors.stores import Pairs


def asking_client() -> Client:
    return client_of(request.headers.get("User-Agent", ""))


def brought_parameters() -> Pairs:
    return free_parameters(request.query_string.decode("latin-1"))
