/** Topics: the followed ones, those much read now, and those whose name begins with what is typed. */
import { useNavigation } from "@react-navigation/native";
import { useMemo, useState } from "react";
import { ScrollView, StyleSheet, View } from "react-native";
import { known, type components } from "@tagwire/client";
import { Button } from "../parts/Button";
import { Fare } from "../parts/Fare";
import { Field } from "../parts/Field";
import { FollowButton } from "../parts/FollowButton";
import { Page } from "../parts/Page";
import { Said } from "../parts/Said";
import { useFollows } from "../follows";
import { news } from "../news";
import { texts } from "../texts";
import { GAP } from "../theme";
import { useLoaded } from "../useLoaded";

type Tag = components["schemas"]["Tag"];

async function suggested(q: string): Promise<Tag[]> {
  const asked = q === "" ? news.api.GET("/v1/tags/trending") : news.api.GET("/v1/tags", { params: { query: { q } } });
  return (await known<{ tags: Tag[] }>(asked)).tags;
}

export function Follow() {
  const [q, setQ] = useState("");
  const follows = useFollows();
  const { value: tags, state } = useLoaded(useMemo(() => ({ fresh: () => suggested(q.trim()) }), [q]));
  return (
    <Page>
      <ScrollView contentContainerStyle={styles.page}>
        <Field name={texts.topicName} value={q} onChangeText={setQ} />
        <Fare state={state} isEmpty={tags === null} />
        {q === "" && <Said as="heading">{texts.suggested}</Said>}
        {tags?.map(({ topic, label }) => <Topic key={topic} topic={topic} label={label} />)}
        {follows.length > 0 && <Said as="heading">{texts.followed}</Said>}
        {follows.map((topic) => (
          <Topic key={topic} topic={topic} label={topic.replace(/^tag:/, "#")} />
        ))}
      </ScrollView>
    </Page>
  );
}

function Topic({ topic, label }: { topic: string; label: string }) {
  const navigation = useNavigation();
  const tag = topic.startsWith("tag:") ? topic.slice(4) : null;
  return (
    <View style={styles.topic}>
      <View style={styles.name}>
        {tag === null ? <Said>{label}</Said> : <Button title={label} isQuiet onPress={() => navigation.navigate("tag", { tag })} />}
      </View>
      <FollowButton topic={topic} label={label} />
    </View>
  );
}

const styles = StyleSheet.create({
  page: { padding: GAP, gap: GAP },
  topic: { flexDirection: "row", gap: GAP, alignItems: "center" },
  name: { flex: 1, alignItems: "flex-start" },
});
