"""Roles of the newsroom, and which others each includes: the one table of the API and the console.

A route names the roles that may call it. Pure.
"""

from collections.abc import Collection, Mapping
from typing import Literal

Role = Literal["publisher", "editor", "approver", "admin"]

ROLES: tuple[Role, ...] = ("publisher", "editor", "approver", "admin")

_INCLUDED: Mapping[str, frozenset[str]] = {
    "publisher": frozenset({"publisher"}),
    "editor": frozenset({"editor"}),
    "approver": frozenset({"editor", "approver"}),
    "admin": frozenset({"editor", "approver", "admin"}),
}
# From before there were approvers: an editor's key approves what another one wrote.
_OF_KEY: Mapping[str, frozenset[str]] = {**_INCLUDED, "editor": _INCLUDED["approver"]}


def roles_of_user(role: str) -> frozenset[str]:
    """Return the roles that a person's role includes; none for one that is not known."""
    return _INCLUDED.get(role, frozenset())


def roles_of_key(role: str) -> frozenset[str]:
    return _OF_KEY.get(role, frozenset())


def may(held: frozenset[str], wanted: Collection[str]) -> bool:
    """Whether one of the roles that are held is among those that a route is for."""
    return not held.isdisjoint(wanted)
