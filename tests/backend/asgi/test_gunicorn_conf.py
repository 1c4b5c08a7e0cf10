"""What connections inherit from the socket that the web process listens on."""

import socket
from datetime import timedelta

from backend.asgi.gunicorn_conf import UNREAD, bound_answers


def test_who_takes_nothing_of_an_answer_is_given_up() -> None:
    """By the system, which nobody can keep from it, in as many milliseconds as it is told."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        bound_answers(listener)
        with socket.create_connection(listener.getsockname()), listener.accept()[0] as connection:
            told_ms = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)

    assert timedelta(milliseconds=told_ms) == UNREAD
