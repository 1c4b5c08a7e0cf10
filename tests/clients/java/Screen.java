import java.util.stream.Collectors;
import news.ApiClient;
import news.ApiException;
import news.api.FeedsApi;
import news.api.InstallationsApi;
import news.model.ArticleSummary;
import news.model.Change;
import news.model.InstallationDraft;
import news.model.Tag;
import news.model.Upsert;

/** One screen of an app, over a client that OpenAPI Generator made: BASE SYNC_CURSOR TAG. */
class Screen {
    static final String TAG = "Wharf";

    static String line(ArticleSummary article) {
        var day = article.getPublishedAt().toLocalDate();
        return article.getTitle() + " by " + article.getSource().getName() + " at " + day;
    }

    static String told(Change change) {
        return change.getActualInstance() instanceof Upsert upsert
            ? "upsert " + upsert.getArticle().getTitle()
            : "remove " + change.getRemove().getId() + " " + change.getRemove().getReason().getValue();
    }

    static ApiClient client(String base) {
        var made = new ApiClient();
        made.updateBaseUri(base);
        return made;
    }

    public static void main(String[] words) throws Exception {
        var feeds = new FeedsApi(client(words[0]));
        var first = feeds.listTagArticles(TAG, 1, null, null, null, null, null, null);
        System.out.println(first.getArticles().stream().map(Screen::line).collect(Collectors.joining(",")));
        var second = feeds.listTagArticles(TAG, 1, first.getNextCursor(), null, null, null, null, null);
        System.out.println(second.getArticles().stream().map(Screen::line).collect(Collectors.joining(","))
            + " " + second.getNextCursor());

        var changes = feeds.listTagChanges(words[1], TAG, null, null, null, null).getChanges();
        System.out.println(changes.stream().map(Screen::told).collect(Collectors.joining(",")));

        var draft = new InstallationDraft().platform(InstallationDraft.PlatformEnum.IOS).locale("en");
        var phone = new InstallationsApi(client(words[0])).createInstallation(draft);
        var own = client(words[0]).setRequestInterceptor(
            request -> request.header("Authorization", "Bearer " + phone.getSecret()));
        var followed = new InstallationsApi(own).putInstallationTopicWithHttpInfo(phone.getId(), "tag:" + TAG);
        System.out.println("followed " + followed.getStatusCode());
        var home = new FeedsApi(own).getFeed(null, null, null, null, null, null);
        System.out.println(home.getArticles().stream()
            .map(each -> each.getTitle() + " for " + String.join(",", each.getMatched()))
            .collect(Collectors.joining(",")));

        // A server of later may say more than this client knows.
        var later = ApiClient.createDefaultObjectMapper().readValue(words[2], Tag.class);
        System.out.println(later.getName());

        try {
            feeds.getTag("Nowhere", null);
        } catch (ApiException refused) {
            System.out.println(refused.getResponseBody().replaceAll(".*\"type\": ?\"([^\"]*)\".*", "$1"));
        }
    }
}
