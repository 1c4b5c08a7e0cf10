/** How several publishers tell one story, the first on top. */
import { useNavigation } from "@react-navigation/native";
import type { NativeStackScreenProps } from "@react-navigation/native-stack";
import { useMemo } from "react";
import { Linking, Pressable, ScrollView, StyleSheet, View } from "react-native";
import { known, type Article } from "@tagwire/client";
import { Button } from "../parts/Button";
import { Note } from "../parts/Note";
import { Page } from "../parts/Page";
import { Said } from "../parts/Said";
import { news } from "../news";
import type { Pages } from "../pages";
import { texts, written } from "../texts";
import { GAP, useColours } from "../theme";
import { useLoaded } from "../useLoaded";

const told = (id: string) => known(news.api.GET("/v1/stories/{story_id}", { params: { path: { story_id: id } } }));

export function Story({ route }: NativeStackScreenProps<Pages, "story">) {
  const { id } = route.params;
  const { value, state } = useLoaded(useMemo(() => ({ fresh: () => told(id) }), [id]));
  return (
    <Page>
      <ScrollView contentContainerStyle={styles.story}>
        {state !== "ready" && <Note>{state === "offline" ? texts.notKept : texts[state]}</Note>}
        {value?.articles.map((article) => <Row key={article.id} article={article} />)}
        {value !== null && (
          <Button title={texts.storyOnWeb} isQuiet onPress={() => void Linking.openURL(value.story.url)} />
        )}
      </ScrollView>
    </Page>
  );
}

function Row({ article }: { article: Article }) {
  const { line } = useColours();
  const navigation = useNavigation();
  const { id, language, published_at, source, title } = article;
  return (
    <Pressable role="link" aria-label={title} onPress={() => navigation.navigate("article", { id })} style={[styles.row, { borderColor: line }]}>
      <View>
        <Said as="accent">{source.name}</Said>
        <Said language={language}>{title}</Said>
        <Said as="quiet">{written(published_at)}</Said>
      </View>
    </Pressable>
  );
}

const styles = StyleSheet.create({
  story: { padding: GAP, gap: GAP },
  row: { paddingBottom: GAP, borderBottomWidth: 1 },
});
