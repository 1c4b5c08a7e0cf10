/** The alerts that this phone was sent, newest first. */
import { FlatList, Pressable, StyleSheet } from "react-native";
import { Fare } from "../parts/Fare";
import { Note } from "../parts/Note";
import { Page } from "../parts/Page";
import { Said } from "../parts/Said";
import { freshInbox, keptInbox, type Alert } from "../kept";
import { news } from "../news";
import { go } from "../pages";
import { texts, written } from "../texts";
import { GAP, useColours } from "../theme";
import { useLoaded } from "../useLoaded";

const WAYS = { kept: keptInbox, fresh: freshInbox };

export function Inbox() {
  const { value: alerts, state } = useLoaded<Alert[]>(WAYS);
  return (
    <Page>
      <FlatList
        data={alerts}
        keyExtractor={({ id }) => id}
        renderItem={({ item }) => <Row alert={item} />}
        ListHeaderComponent={<Fare state={state} isEmpty={alerts === null} />}
        ListEmptyComponent={state === "ready" ? <Note>{texts.noAlerts}</Note> : null}
      />
    </Page>
  );
}

/** Opened from here is no tap on an alert: it is not counted as one. */
function Row({ alert }: { alert: Alert }) {
  const { line } = useColours();
  const open = async () => go(await news.links.open(alert.url));
  return (
    <Pressable role="link" aria-label={alert.title} onPress={() => void open()} style={[styles.row, { borderColor: line }]}>
      {alert.urgency === "breaking" && <Said as="accent">{texts.breaking}</Said>}
      <Said style={styles.title}>{alert.title}</Said>
      <Said>{alert.body}</Said>
      <Said as="quiet">{written(alert.sent_at)}</Said>
    </Pressable>
  );
}

const styles = StyleSheet.create({
  row: { padding: GAP, gap: 4, borderBottomWidth: 1 },
  title: { fontWeight: "600" },
});
