"""Push addresses: the Firebase installation id in a token. Pure."""


def fid_of(value: str) -> str:
    """The Firebase installation id that an address names.

    A registration token is that id, a colon and a secret; in the change from tokens to ids the
    API takes a bare id where a token was as well.
    """
    return value.partition(":")[0]
