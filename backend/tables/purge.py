"""Progress of those who tell other servers what changed."""

from datetime import datetime

from sqlalchemy import BigInteger
from sqlalchemy.orm import Mapped, mapped_column

from backend.core.db import Base

# The readers: what purges the cache in front, and what tells the WebSub hub.
CACHE, HUB = 1, 2


class PurgeProgress(Base):
    """A reader of the change stream, which has told every change up to the number `purged_to`.

    What is still to be told is read from the change stream, which commits with what it tells of:
    nothing is lost when this process dies, and a transaction writes nothing more for them.
    """

    __tablename__ = "purge_progress"

    id: Mapped[int] = mapped_column(primary_key=True)
    purged_to: Mapped[int] = mapped_column(BigInteger)
    claims: Mapped[int] = mapped_column(default=0)
    failures: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
