"""Names of operations follow from method and address."""

import pytest

from backend.http.operation_ids import operation_id


@pytest.mark.parametrize(
    ("call", "name"),
    [
        ("GET /v1/tags", "listTags"),
        ("GET /v1/tags/{tag}", "getTag"),
        ("GET /v1/tags/trending", "listTrendingTags"),
        ("GET /v1/tags/{tag}/articles", "listTagArticles"),
        ("GET /v1/categories/{slug}/changes", "listCategoryChanges"),
        ("GET /v1/feed", "getFeed"),
        ("GET /v1/feed/changes", "listFeedChanges"),
        ("GET /v1/breaking/articles", "listBreakingArticles"),
        ("GET /v1/search", "searchArticles"),
        ("GET /v1/installations/{installation_id}/preferences", "getInstallationPreferences"),
        ("PUT /v1/installations/{installation_id}/topics/{topic}", "putInstallationTopic"),
        ("POST /v1/installations", "createInstallation"),
        ("POST /v1/installations/{installation_id}/address/confirm", "confirmInstallationAddress"),
        ("PUT /v1/newsroom/articles/{source}/{external_id}", "putNewsroomArticle"),
        ("PATCH /v1/newsroom/tags/{tag}", "updateNewsroomTag"),
        ("POST /v1/newsroom/tags/{tag}/aliases", "createNewsroomTagAlias"),
        ("DELETE /v1/newsroom/tags/{tag}/merge", "undoNewsroomTagMerge"),
        ("POST /v1/newsroom/sources:trial", "tryNewsroomSource"),
        ("POST /v1/newsroom/webhooks/{webhook_id}/deliveries/{delivery_id}/replay",
         "replayNewsroomWebhookDelivery"),
        ("POST /v1/deeplinks/claim", "claimDeeplink"),
    ],
)  # fmt: skip
def test_an_operation_is_named_as_a_client_calls_it(call: str, name: str) -> None:
    assert operation_id(*call.split(" ")) == name
