"""PostgreSQL tells the background processes when there may be something to do; SQLite's file does.

Triggers and not the programs: whoever writes these tables wakes those that wait for them.
"""

from alembic import op

revision = "0044"
down_revision = "0039"
branch_labels = None
depends_on = None

# The channel of each process, and the tables that it waits for.
WAITED_FOR = {
    "tagwire_newsroom": (
        "article",
        "article_page",
        "page_host",
        "purge_progress",
        "source",
        "source_feed",
        "webhook_delivery",
        "webhook_endpoint",
        "websub_subscription",
    ),
    "tagwire_alerts": (
        "address_claim",
        "address_proof",
        "batch",
        "halt",
        "notification",
        "pause",
        "quota",
    ),
}


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    op.execute(
        "CREATE FUNCTION tagwire_wake() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN PERFORM pg_notify(TG_ARGV[0], ''); RETURN NULL; END $$"
    )
    for channel, tables in WAITED_FOR.items():
        for table in tables:
            op.execute(
                f"CREATE TRIGGER tagwire_wake AFTER INSERT OR UPDATE OR DELETE ON {table} "
                f"FOR EACH STATEMENT EXECUTE FUNCTION tagwire_wake('{channel}')"
            )
