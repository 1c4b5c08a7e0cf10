/** Articles by their words. */
import type { NativeStackScreenProps } from "@react-navigation/native-stack";
import { useCallback, useEffect, useState } from "react";
import { FlatList, View } from "react-native";
import { searchPages, type Article } from "@tagwire/client";
import { Button } from "../parts/Button";
import { Card } from "../parts/Card";
import { Fare } from "../parts/Fare";
import { Field } from "../parts/Field";
import { Note } from "../parts/Note";
import { Page } from "../parts/Page";
import { news } from "../news";
import type { Pages } from "../pages";
import { texts } from "../texts";
import { GAP } from "../theme";
import { stateAfter, type State } from "../useFeed";

/** The pages of a search as they are scrolled to. What failed has to begin again. */
function Results({ q, again }: { q: string; again: () => void }) {
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
  const hasFailed = state !== "ready" && state !== "loading";
  return (
    <FlatList
      data={articles}
      keyExtractor={({ id }) => id}
      renderItem={({ item }) => <Card article={item} />}
      onEndReached={() => state === "ready" && more()}
      ListEmptyComponent={state === "ready" ? <Note>{texts.nothingFound}</Note> : null}
      ListFooterComponent={
        <View>
          <Fare state={state} isEmpty />
          <View style={{ paddingHorizontal: GAP }}>{hasFailed && <Button title={texts.refresh} isQuiet onPress={again} />}</View>
        </View>
      }
    />
  );
}

export function Search({ route, navigation }: NativeStackScreenProps<Pages, "search">) {
  const q = route.params?.q ?? "";
  const [words, setWords] = useState(q);
  const [times, setTimes] = useState(1);
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
      {q !== "" && <Results key={`${times} ${q}`} q={q} again={() => setTimes(times + 1)} />}
    </Page>
  );
}
