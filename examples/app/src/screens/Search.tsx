/** Articles by their words. */
import type { NativeStackScreenProps } from "@react-navigation/native-stack";
import { useCallback, useEffect, useState } from "react";
import { FlatList, View } from "react-native";
import { searchPages, type Article } from "@tagwire/client";
import { Card } from "../parts/Card";
import { Field } from "../parts/Field";
import { Note } from "../parts/Note";
import { Page } from "../parts/Page";
import { news } from "../news";
import type { Pages } from "../pages";
import { texts } from "../texts";
import { GAP } from "../theme";
import { stateAfter, type State } from "../useFeed";

/** The pages of a search as they are scrolled to. */
function Results({ q }: { q: string }) {
  const [pages] = useState(() => searchPages(news.api, { q }));
  const [articles, setArticles] = useState<Article[]>([]);
  const [state, setState] = useState<State>("loading");
  const more = useCallback(() => {
    pages.next().then(
      ({ value }) => {
        if (value) setArticles((before) => [...before, ...value.articles]);
        setState("ready");
      },
      (error: unknown) => setState(stateAfter(error)),
    );
  }, [pages]);
  useEffect(more, [more]);
  return (
    <FlatList
      data={articles}
      keyExtractor={({ id }) => id}
      renderItem={({ item }) => <Card article={item} />}
      onEndReached={more}
      ListEmptyComponent={<Note>{state === "ready" ? texts.nothingFound : texts[state]}</Note>}
    />
  );
}

export function Search({ route, navigation }: NativeStackScreenProps<Pages, "search">) {
  const q = route.params?.q ?? "";
  const [words, setWords] = useState(q);
  return (
    <Page>
      <View style={{ padding: GAP }}>
        <Field
          name={texts.words}
          value={words}
          onChangeText={setWords}
          returnKeyType="search"
          onSubmitEditing={() => navigation.setParams({ q: words.trim() })}
        />
      </View>
      {q !== "" && <Results key={q} q={q} />}
    </Page>
  );
}
