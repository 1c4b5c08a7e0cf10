"""A person as admins see them."""

from typing import Any

from backend.tables.people import NewsroomUser


def state_of(user: NewsroomUser) -> str:
    if user.disabled_at is not None:
        return "disabled"
    return "invited" if user.password_hash is None else "active"


def shown(user: NewsroomUser) -> dict[str, Any]:
    return {
        "id": user.public_id,
        "name": user.name,
        "role": user.role,
        "sources": user.sources,
        "state": state_of(user),
        "has_second_factor": user.totp_secret is not None,
        "created_at": user.created_at,
        "last_login_at": user.last_login_at,
    }
