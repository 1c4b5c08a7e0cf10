/** What every followed topic lists; at the first start the way to topics, and on an iPhone to the reader's place. */
import { useNavigation } from "@react-navigation/native";
import { useMemo, useState } from "react";
import { Platform, StyleSheet, View } from "react-native";
import { ArticleList } from "../parts/ArticleList";
import { Button } from "../parts/Button";
import { Field } from "../parts/Field";
import { Page } from "../parts/Page";
import { Said } from "../parts/Said";
import { news } from "../news";
import { show } from "../pages";
import { texts } from "../texts";
import { GAP } from "../theme";

export function Home() {
  const feed = useMemo(() => news.feed(news.installation.home()), []);
  return (
    <Page>
      <ArticleList feed={feed} empty={<Welcome />} />
    </Page>
  );
}

function Welcome() {
  const navigation = useNavigation();
  return (
    <View style={styles.welcome}>
      <Said>{texts.nothingFollowed}</Said>
      <Button title={texts.chooseTopics} onPress={() => navigation.navigate("follow")} />
      {Platform.OS === "ios" && <PastedLink />}
    </View>
  );
}

/** The App Store hands nothing over, and the clipboard is the reader's: they paste the link themselves. */
function PastedLink() {
  const [text, setText] = useState("");
  const open = async () => {
    const screen = await news.links.claim({ install_referrer: text });
    if (screen !== null) show(screen);
  };
  return (
    <View style={styles.pasted}>
      <Field name={texts.pasteLink} value={text} onChangeText={setText} />
      <Button title={texts.openLink} onPress={() => void open()} />
    </View>
  );
}

const styles = StyleSheet.create({
  welcome: { padding: GAP, gap: GAP },
  pasted: { gap: GAP, paddingTop: GAP },
});
