/** The lists that addresses lead to: of a tag, a source and a category. */
import type { NativeStackScreenProps } from "@react-navigation/native-stack";
import { useEffect, useMemo, type ReactElement } from "react";
import { StyleSheet, View } from "react-native";
import { categoryList, sourceList, tagList, type Article, type List } from "@tagwire/client";
import { ArticleList } from "../parts/ArticleList";
import { FollowButton } from "../parts/FollowButton";
import { Note } from "../parts/Note";
import { Page } from "../parts/Page";
import { Said } from "../parts/Said";
import { news } from "../news";
import type { Pages } from "../pages";
import { texts } from "../texts";
import { GAP } from "../theme";

type Props<Name extends keyof Pages> = NativeStackScreenProps<Pages, Name>;

export function Tag({ route, navigation }: Props<"tag">) {
  const { tag } = route.params;
  const list = useMemo(() => tagList(news.api, tag), [tag]);
  useEffect(() => navigation.setOptions({ title: `#${tag}` }), [navigation, tag]);
  return <Listing list={list} topic={`tag:${tag}`} label={`#${tag}`} />;
}

export function Source({ route, navigation }: Props<"source">) {
  const { slug } = route.params;
  const list = useMemo(() => sourceList(news.api, slug), [slug]);
  useEffect(() => navigation.setOptions({ title: slug }), [navigation, slug]);
  return <Listing list={list} topic={`source:${slug}`} label={slug} />;
}

export function Category({ route, navigation }: Props<"category">) {
  const { slug } = route.params;
  const list = useMemo(() => categoryList(news.api, slug), [slug]);
  useEffect(() => navigation.setOptions({ title: slug }), [navigation, slug]);
  return <Listing list={list} topic={`category:${slug}`} label={slug} />;
}

function Listing({ list, topic, label }: { list: List<Article>; topic: string; label: string }): ReactElement {
  const feed = useMemo(() => news.feed(list), [list]);
  const head = (
    <View style={styles.head}>
      <Said style={styles.label}>{label}</Said>
      <FollowButton topic={topic} label={label} />
    </View>
  );
  return (
    <Page>
      <ArticleList feed={feed} head={head} empty={<Note>{texts.nothingHere}</Note>} />
    </Page>
  );
}

const styles = StyleSheet.create({
  head: { padding: GAP, gap: GAP, flexDirection: "row", flexWrap: "wrap", alignItems: "center" },
  label: { flex: 1, fontWeight: "600" },
});
