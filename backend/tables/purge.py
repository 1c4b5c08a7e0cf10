"""Progress of cache invalidation."""

from datetime import datetime

from sqlalchemy import BigInteger
from sqlalchemy.orm import Mapped, mapped_column

from backend.core.db import Base


class PurgeProgress(Base):
    """One row: every change up to the number `purged_to` is purged.

    What is still to be told is read from the change stream, which commits with what it tells of:
    nothing is lost when this process dies, and a transaction writes nothing more for the cache.
    """

    __tablename__ = "purge_progress"

    id: Mapped[int] = mapped_column(primary_key=True)
    purged_to: Mapped[int] = mapped_column(BigInteger)
    claims: Mapped[int] = mapped_column(default=0)
    failures: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
