/** The lists that addresses lead to: of a tag, a source and a category. */
import type { NativeStackScreenProps } from "@react-navigation/native-stack";
import { useCallback, useEffect, useMemo, useSyncExternalStore, type ReactElement } from "react";
import { StyleSheet, View } from "react-native";
import { categoryList, sourceList, tagList, type Article, type List } from "@tagwire/client";
import { ArticleList } from "../parts/ArticleList";
import { FollowButton } from "../parts/FollowButton";
import { Note } from "../parts/Note";
import { Page } from "../parts/Page";
import { Said } from "../parts/Said";
import { news } from "../news";
import type { Pages } from "../pages";
import { isolated, language, texts } from "../texts";
import { GAP } from "../theme";

type Props<Name extends keyof Pages> = NativeStackScreenProps<Pages, Name>;

export function Tag({ route, navigation }: Props<"tag">) {
  const { tag } = route.params;
  const list = useMemo(() => tagList(news.api, tag), [tag]);
  const named = useCallback((title: string) => navigation.setOptions({ title }), [navigation]);
  return <Listing list={list} topic={`tag:${tag}`} label={`#${tag}`} named={named} />;
}

export function Source({ route, navigation }: Props<"source">) {
  const { slug } = route.params;
  const list = useMemo(() => sourceList(news.api, slug), [slug]);
  const name = useCallback((first: Article) => first.source.name, []);
  const named = useCallback((title: string) => navigation.setOptions({ title }), [navigation]);
  return <Listing list={list} topic={`source:${slug}`} label={slug} name={name} named={named} />;
}

export function Category({ route, navigation }: Props<"category">) {
  const { slug } = route.params;
  const list = useMemo(() => categoryList(news.api, slug), [slug]);
  const name = useCallback((first: Article) => first.category?.name, []);
  const named = useCallback((title: string) => navigation.setOptions({ title }), [navigation]);
  return <Listing list={list} topic={`category:${slug}`} label={slug} name={name} named={named} />;
}

interface Listed {
  list: List<Article>;
  topic: string;
  /** What the list is called, and until an article tells its name. */
  label: string;
  name?: (first: Article) => string | undefined;
  named: (title: string) => void;
}

function Listing({ list, topic, label, name, named }: Listed): ReactElement {
  const feed = useMemo(() => news.feed(list), [list]);
  const first = useSyncExternalStore(
    useCallback((changed) => feed.subscribe(changed), [feed]),
    () => feed.articles[0],
  );
  const title = (first && name?.(first)) ?? label;
  useEffect(() => named(title), [named, title]);
  const head = (
    <View style={styles.head}>
      <Said language={language} style={styles.label}>
        {isolated(title)}
      </Said>
      <FollowButton topic={topic} label={title} />
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
