"""What a child process of the supervisor begins with."""

from flask import Flask, has_app_context

from backend.core.supervisor import Child


def test_a_child_begins_outside_of_the_app_context_of_the_command_that_forked_it(
    app: Flask,
) -> None:
    """Otherwise its requests would share one session that nobody ends, and read old rows."""

    def job() -> None:
        raise SystemExit(3 if has_app_context() else 4)

    child = Child("test", job)
    with app.app_context():
        child.start()
    assert child.process is not None
    child.process.join(30)

    assert child.process.exitcode == 4
