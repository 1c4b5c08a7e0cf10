"""One screen of an app, over a client that openapi-python-client made: BASE SYNC_CURSOR TAG."""

import json
import sys
from typing import TypeVar

from news.api.feeds import get_feed, list_tag_articles, list_tag_changes
from news.api.installations import create_installation, put_installation_topic
from news.client import AuthenticatedClient, Client
from news.models import (
    ArticleSummary,
    ChangePage,
    HomePage,
    InstallationDraft,
    InstallationDraftPlatform,
    Problem,
    RegisteredInstallation,
    Remove,
    Tag,
    TagFeedPage,
    Upsert,
)

Found = TypeVar("Found")
TAG = "Wharf"


def line(article: ArticleSummary) -> str:
    return f"{article.title} by {article.source.name} at {article.published_at:%Y-%m-%d}"


def told(change: Upsert | Remove) -> str:
    if isinstance(change, Upsert):
        return f"upsert {change.article.title}"
    return f"remove {change.id} {change.reason}"


def known(kind: type[Found], found: object) -> Found:
    assert isinstance(found, kind), found
    return found


def main(base: str, since: str, later: str) -> None:
    api = Client(base)
    first = known(TagFeedPage, list_tag_articles.sync(TAG, client=api, limit=1))
    print(",".join(map(line, first.articles)))
    second = known(
        TagFeedPage, list_tag_articles.sync(TAG, client=api, limit=1, cursor=first.next_cursor)
    )
    print(",".join(map(line, second.articles)), "null" if second.next_cursor is None else "more")

    changes = known(ChangePage, list_tag_changes.sync(TAG, client=api, cursor=since))
    print(",".join(map(told, changes.changes)))

    draft = InstallationDraft(platform=InstallationDraftPlatform.IOS, locale="en")
    phone = known(RegisteredInstallation, create_installation.sync(client=api, body=draft))
    own = AuthenticatedClient(base, token=phone.secret)
    followed = put_installation_topic.sync_detailed(phone.id, f"tag:{TAG}", client=own)
    print("followed", followed.status_code.value)
    home = known(HomePage, get_feed.sync(client=own))
    print(",".join(f"{each.title} for {','.join(each.matched)}" for each in home.articles))

    # A server of later may say more than this client knows.
    print(Tag.from_dict(json.loads(later)).name)

    print(known(Problem, list_tag_articles.sync("Nowhere", client=api)).type_)


main(*sys.argv[1:])
