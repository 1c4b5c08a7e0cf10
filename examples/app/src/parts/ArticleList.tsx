/** A feed of the client on the screen: yesterday's list at once, then what is new, older ones at the end. */
import type { ReactElement } from "react";
import { FlatList, View } from "react-native";
import type { Article, Feed } from "@tagwire/client";
import { texts } from "../texts";
import { GAP } from "../theme";
import { useFeed } from "../useFeed";
import { Button } from "./Button";
import { Card } from "./Card";
import { Fare } from "./Fare";

interface Props {
  feed: Feed<Article>;
  head?: ReactElement;
  /** Below an empty list. */
  empty: ReactElement;
}

export function ArticleList({ feed, head, empty }: Props) {
  const { articles, pinned, state, refresh, older } = useFeed(feed);
  const isLoading = state === "loading";
  return (
    <FlatList
      data={[...pinned, ...articles]}
      keyExtractor={(article) => article.id}
      renderItem={({ item }) => <Card article={item} />}
      onRefresh={refresh}
      refreshing={isLoading && articles.length > 0}
      onEndReached={older}
      ListHeaderComponent={
        <View>
          {head}
          <Fare state={state} isEmpty={articles.length === 0} />
        </View>
      }
      ListEmptyComponent={state === "ready" ? empty : null}
      ListFooterComponent={
        <View style={{ padding: GAP }}>
          <Button title={texts.refresh} isQuiet isBusy={isLoading} onPress={refresh} />
        </View>
      }
    />
  );
}
