/** How several publishers tell one story, as the grouped list of the article's first tag has it. */
import { useNavigation } from "@react-navigation/native";
import type { NativeStackScreenProps } from "@react-navigation/native-stack";
import { useMemo } from "react";
import { Linking, Pressable, ScrollView, StyleSheet, View } from "react-native";
import { known, type Article, type components } from "@tagwire/client";
import { Button } from "../parts/Button";
import { Note } from "../parts/Note";
import { Page } from "../parts/Page";
import { Said } from "../parts/Said";
import { freshArticle } from "../kept";
import { news, SERVER } from "../news";
import type { Pages } from "../pages";
import { texts, written } from "../texts";
import { GAP, useColours } from "../theme";
import { useLoaded } from "../useLoaded";

type Telling = components["schemas"]["Telling"];

interface Told {
  story: string | null;
  tellings: (Telling | Article)[];
}

async function told(id: string): Promise<Told> {
  const article = await freshArticle(id);
  const [tag] = article.tags;
  const story = article.story?.id ?? null;
  if (tag === undefined || story === null) return { story, tellings: [article] };
  const params = { path: { tag }, query: { group: "story" as const, limit: 100 } };
  const page = await known(news.api.GET("/v1/tags/{tag}/articles", { params }));
  const card = page.articles.find((each) => each.story?.id === story);
  return { story, tellings: card ? [card, ...(card.others ?? [])] : [article] };
}

export function Story({ route }: NativeStackScreenProps<Pages, "story">) {
  const { id } = route.params;
  const { value, state } = useLoaded(useMemo(() => ({ fresh: () => told(id) }), [id]));
  return (
    <Page>
      <ScrollView contentContainerStyle={styles.story}>
        {state !== "ready" && <Note>{state === "offline" ? texts.notKept : texts[state]}</Note>}
        {value?.tellings.map((telling) => <Row key={telling.id} telling={telling} />)}
        {value !== null && value.story !== null && (
          <Button title={texts.storyOnWeb} isQuiet onPress={() => void Linking.openURL(`${SERVER}/story/${value.story}`)} />
        )}
      </ScrollView>
    </Page>
  );
}

function Row({ telling }: { telling: Telling | Article }) {
  const { line } = useColours();
  const navigation = useNavigation();
  const { id, language, published_at, source, title } = telling;
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
