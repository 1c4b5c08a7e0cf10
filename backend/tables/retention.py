"""Progress of retention: what a sweep need not walk again."""

from sqlalchemy import BigInteger, Text, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from backend.core.db import Base, insert_new, table_of


class RetentionProgress(Base):
    """The id up to which the rows of a kind were walked.

    For the kind `begun` it is when the hourly sweeps began last, in seconds since 1970.
    """

    __tablename__ = "retention_progress"

    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    upto: Mapped[int] = mapped_column(BigInteger)


def upto(session: Session, kind: str) -> int:
    """Return the id up to which a kind was walked; 0 before the first time."""
    own = RetentionProgress.kind == kind
    return session.scalar(select(RetentionProgress.upto).where(own)) or 0


def go_on(session: Session, kind: str, last: int) -> None:
    """Record that the rows of a kind up to the `last` are done."""
    session.execute(insert_new(session, RetentionProgress).values(kind=kind, upto=last))
    own = RetentionProgress.kind == kind
    session.execute(update(table_of(RetentionProgress)).where(own).values(upto=last))
