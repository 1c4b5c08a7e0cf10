/** One article, also without a network when it was opened before. */
import { useNavigation } from "@react-navigation/native";
import type { NativeStackScreenProps } from "@react-navigation/native-stack";
import { useMemo } from "react";
import { Image, Linking, ScrollView, StyleSheet, View } from "react-native";
import { Button } from "../parts/Button";
import { Card } from "../parts/Card";
import { Note } from "../parts/Note";
import { Page } from "../parts/Page";
import { Said } from "../parts/Said";
import { forgetArticle, freshArticle, keptArticle, type FullArticle } from "../kept";
import type { Pages } from "../pages";
import { isolated, language as own, texts, written } from "../texts";
import { GAP } from "../theme";
import { useLoaded } from "../useLoaded";

export function Article({ route }: NativeStackScreenProps<Pages, "article">) {
  const { id } = route.params;
  const ways = useMemo(
    () => ({ kept: () => keptArticle(id), fresh: () => freshArticle(id), gone: () => forgetArticle(id) }),
    [id],
  );
  const { value: article, state } = useLoaded<FullArticle>(ways);
  return (
    <Page>
      <ScrollView>
        {state === "offline" && article === null && <Note>{texts.notKept}</Note>}
        {state !== "ready" && (state !== "offline" || article !== null) && <Note>{texts[state]}</Note>}
        {article !== null && <Text article={article} />}
      </ScrollView>
    </Page>
  );
}

function Text({ article }: { article: FullArticle }) {
  const { body_text, image, language, related, source, story, summary, tags, title } = article;
  const navigation = useNavigation();
  return (
    <View style={styles.article}>
      {image !== null && <Image source={{ uri: image.url }} alt={image.alt ?? ""} style={styles.image} />}
      {article.breaking && <Said as="accent">{texts.breaking}</Said>}
      <Said as="title" language={language}>
        {title}
      </Said>
      <Said as="quiet" language={own}>
        {isolated(source.name)} · {isolated(written(article.published_at))}
      </Said>
      {(body_text || summary).split(/\n+/).map((paragraph, at) => (
        <Said key={at} language={language}>
          {paragraph}
        </Said>
      ))}
      <View style={styles.row}>
        {tags.map((tag) => (
          <Button key={tag} title={`#${tag}`} isQuiet onPress={() => navigation.navigate("tag", { tag })} />
        ))}
      </View>
      {story !== null && <Button title={texts.tellings} isQuiet onPress={() => navigation.navigate("story", { id: story.id })} />}
      <Button title={texts.original} isQuiet onPress={() => void Linking.openURL(article.source_url)} />
      {related.length > 0 && <Said as="heading">{texts.related}</Said>}
      {related.map((each) => (
        <Card key={each.id} article={each} />
      ))}
    </View>
  );
}

const styles = StyleSheet.create({
  article: { padding: GAP, gap: GAP },
  image: { width: "100%", aspectRatio: 16 / 9, borderRadius: 8 },
  row: { flexDirection: "row", flexWrap: "wrap", gap: GAP / 2 },
});
