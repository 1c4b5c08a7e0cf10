"""The ASGI front: the fast path in the event loop, everything else in a bounded thread pool."""
