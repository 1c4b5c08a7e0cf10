"""The newsroom's numbers by day, and the follows that they are counted from. No identities."""

from datetime import date, datetime

from sqlalchemy import BigInteger, ForeignKey, Index, Text, false
from sqlalchemy.orm import Mapped, mapped_column

from backend.core.db import Base


class DailyNumber(Base):
    """A number of one UTC day, such as the alerts that were opened on phones of one platform.

    `kind` says what is counted and what the `subject` is: see `backend.numbers.kinds`. `count` is
    null where it is too small to be kept.
    """

    __tablename__ = "daily_number"
    __table_args__ = ({"sqlite_with_rowid": False},)

    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(Text, primary_key=True)
    hour: Mapped[int] = mapped_column(primary_key=True)
    platform: Mapped[str] = mapped_column(Text, primary_key=True)
    measure: Mapped[str] = mapped_column(Text, primary_key=True)
    count: Mapped[int | None]


class NumberSum(Base):
    """Sums of the numbers of days, so that a report of a year reads few rows.

    For the `span` day it is all that a kind counts of a measure on one day, written with that day;
    for the span month the sum of each row over its days, written when all of them are settled.
    `since` is the first day of the span.
    """

    __tablename__ = "number_sum"
    __table_args__ = ({"sqlite_with_rowid": False},)

    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    span: Mapped[str] = mapped_column(Text, primary_key=True)
    since: Mapped[date] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(Text, primary_key=True)
    hour: Mapped[int] = mapped_column(primary_key=True)
    platform: Mapped[str] = mapped_column(Text, primary_key=True)
    measure: Mapped[str] = mapped_column(Text, primary_key=True)
    count: Mapped[int | None] = mapped_column(BigInteger)


class NumberedDay(Base):
    """A day that has its numbers, and when they were made. A settled one is not made again.

    `begins_sums`: it is the first day of a month whose sums were made.
    """

    __tablename__ = "numbered_day"

    day: Mapped[date] = mapped_column(primary_key=True)
    made_at: Mapped[datetime]
    is_settled: Mapped[bool] = mapped_column(default=False, server_default=false())
    begins_sums: Mapped[bool] = mapped_column(default=False, server_default=false())


class FollowChange(Base):
    """Somebody began or ceased to follow a topic; kept until the day has its numbers."""

    __tablename__ = "follow_change"
    __table_args__ = (Index("ix_follow_change_day", "day", "feed_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[date]
    feed_id: Mapped[int] = mapped_column(ForeignKey("feed.id"))
    is_gain: Mapped[bool]
