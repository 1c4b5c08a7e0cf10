"""Joins the alerts to the app: settings and hooks. `push.web` adds the routes."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from flask import Flask
from sqlalchemy.orm import Session

from backend.core.app_info import APP_INFO, AppInfo
from backend.core.sweep import count
from backend.http.auth import caller_name
from backend.http.context import AppContext
from backend.http.hooks import Backlog, Check, Publication, Retention
from push import production_check
from push.audience.story_queries import alerts_of_article, count_open
from push.delivery import alert_retention, held, retention
from push.editorial import recall, service
from push.editorial.settings import read
from push.editorial.taking import take_copied
from push.editorial.withheld import withheld, withheld_by
from push.receipts import day_counts
from push.receipts import service as receipts
from push.store.queries import overdue_since
from push.transport.webpush_settings import web_push_of


def init_app(app: Flask, environ: Mapping[str, str]) -> None:
    context: AppContext = app.extensions["tagwire"]
    info: AppInfo = app.extensions[APP_INFO]
    web_push = web_push_of(context.settings)
    settings = replace(read(environ, info.channels), web_push=web_push)
    app.extensions["push"] = settings
    public_url = context.settings.public_url

    def plan(session: Session, publication: Publication) -> str | None:
        return service.plan(
            session,
            publication,
            public_url,
            author=caller_name(),
            approval=settings.needs_approval("breaking"),
        )

    context.hooks.on_publish.append(plan)
    context.hooks.alerts.append(_alerts_of_article)
    context.hooks.recalls.append(count_open)
    context.hooks.on_event.append(recall.recall_of_article)
    context.hooks.on_forget.append(receipts.forget)
    context.hooks.on_take.append(take_copied)
    context.hooks.counts.append(day_counts.alerts)
    context.hooks.on_prefer.append(held.decide_again)
    networks = context.settings.fetch_allow_networks
    context.hooks.checks += [
        Check(
            about=production_check.SETTINGS,
            findings=lambda _now: production_check.of_settings(settings),
        ),
        Check(
            about=production_check.KEY,
            findings=partial(production_check.of_key, settings, networks),
            asks_others=True,
        ),
    ]
    context.hooks.backlogs.append(_backlog)
    context.hooks.retention += _kept(context.settings.alerts_kept)


def _alerts_of_article(session: Session, article_id: int) -> Iterator[Mapping[str, Any]]:
    for alert in alerts_of_article(session, article_id):
        yield {
            "id": alert.public_id,
            "title": alert.title,
            "state": alert.state,
            "created_at": alert.created_at,
            "accepted": alert.accepted,
            "withheld": withheld(alert),
            "withheld_by": [each.public_id for each in withheld_by(session, alert)],
        }


def _backlog(session: Session, now: datetime) -> Backlog:
    return Backlog("worker", overdue_since(session, now))


def _kept(alerts: timedelta) -> Iterator[Retention]:
    """Yield retentions: alerts by the poller, rows by person by the worker 3 days past the end."""
    yield Retention(
        kind="notification",
        kept=alerts,
        count=partial(alert_retention.count_old, alerts),
        sweep=lambda now: alert_retention.forget_alerts(alerts, now=now),
    )
    counts: dict[str, Callable[[Session, datetime], int]] = {
        "batch": retention.count_batches,
        "beacon": retention.count_receipts,
        "daily_alert": lambda session, now: count(session, retention.old_counts(now)),
        "local_message": lambda session, now: count(session, retention.old_messages(now)),
    }
    for kind, counted in counts.items():
        yield Retention(kind=kind, kept=retention.RETENTION, count=counted)
