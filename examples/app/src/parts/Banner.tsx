/** An alert that arrives while the app is open: it stands on top until it is tapped or closed. */
import { useEffect, useState } from "react";
import { Pressable, StyleSheet, View } from "react-native";
import { useSafeAreaInsets } from "react-native-safe-area-context";
import type { PushData } from "@tagwire/client";
import { news } from "../news";
import { go } from "../pages";
import { listen } from "../push";
import type { Arrived } from "../push/heard";
import { texts } from "../texts";
import { GAP, useColours } from "../theme";
import { Button } from "./Button";
import { Said } from "./Said";

/** Counts the tap, and shows the screen of the alert. */
async function openTapped(data: PushData): Promise<void> {
  go(await news.links.tapped(data));
  await news.events.flush().catch(() => undefined); // they leave when there is a network
}

export function Banner() {
  const [alert, setAlert] = useState<Arrived | null>(null);
  const colours = useColours();
  const { top } = useSafeAreaInsets();
  useEffect(() => {
    const listening = listen({ arrived: setAlert, tapped: (data) => void openTapped(data) });
    return () => void listening.then((end) => end());
  }, []);
  if (alert === null) return null;
  const open = () => {
    setAlert(null);
    void openTapped(alert.data);
  };
  return (
    <View role="alert" style={[styles.banner, { top: top + GAP, backgroundColor: colours.raised, borderColor: colours.accent }]}>
      <Pressable role="link" aria-label={alert.title} onPress={open} style={styles.words}>
        <Said style={styles.title}>{alert.title}</Said>
        <Said as="quiet">{alert.body}</Said>
      </Pressable>
      <Button title={texts.close} isQuiet onPress={() => setAlert(null)} />
    </View>
  );
}

const styles = StyleSheet.create({
  banner: { position: "absolute", left: GAP, right: GAP, padding: GAP, gap: GAP, borderWidth: 2, borderRadius: 12, flexDirection: "row", alignItems: "center" },
  words: { flex: 1 },
  title: { fontWeight: "700" },
});
