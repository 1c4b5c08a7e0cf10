/** An article in a list. */
import { useNavigation } from "@react-navigation/native";
import { Image, Pressable, StyleSheet, View } from "react-native";
import type { Article } from "@tagwire/client";
import { isolated, language as own, texts, written } from "../texts";
import { GAP, useColours } from "../theme";
import { Said } from "./Said";

export function Card({ article }: { article: Article }) {
  const colours = useColours();
  const navigation = useNavigation();
  const { id, image, language, source, story, title } = article;
  const others = (story?.source_count ?? 1) - 1;
  return (
    <Pressable
      role="link"
      aria-label={title}
      onPress={() => navigation.navigate("article", { id })}
      style={[styles.card, { borderColor: colours.line }]}
    >
      <View style={styles.words}>
        {article.breaking && <Said as="accent">{texts.breaking}</Said>}
        <Said language={language} style={styles.title}>
          {title}
        </Said>
        <Said as="quiet" language={own}>
          {isolated(source.name)}
          {others > 0 && ` ${isolated(`+${others}`)}`} · {isolated(written(article.published_at))}
        </Said>
      </View>
      {image !== null && <Image source={{ uri: image.url }} alt={image.alt ?? ""} style={styles.image} />}
    </Pressable>
  );
}

const styles = StyleSheet.create({
  card: { flexDirection: "row", gap: GAP, padding: GAP, borderBottomWidth: 1 },
  words: { flex: 1, gap: 4 },
  title: { fontWeight: "600" },
  image: { width: 96, height: 72, borderRadius: 6 },
});
