/** The sections of the app, at the foot of each of their screens. */
import { useNavigation, useRoute } from "@react-navigation/native";
import { Pressable, StyleSheet, View } from "react-native";
import { useSafeAreaInsets } from "react-native-safe-area-context";
import { texts } from "../texts";
import { TOUCH, useColours } from "../theme";
import { current } from "./attributes";
import { Said } from "./Said";

const SECTIONS = ["home", "search", "follow", "inbox", "settings"] as const;

export function Bar() {
  const colours = useColours();
  const { bottom } = useSafeAreaInsets();
  const here = useRoute().name;
  const navigation = useNavigation();
  const open = (section: (typeof SECTIONS)[number]) =>
    navigation.reset({ index: 0, routes: [{ name: section }] });
  return (
    <View role="navigation" aria-label={texts.sections} style={[styles.bar, { paddingBottom: bottom, borderColor: colours.line, backgroundColor: colours.raised }]}>
      {SECTIONS.map((section) => (
        <Pressable
          key={section}
          role="link"
          {...(section === here && current)}
          onPress={() => open(section)}
          style={[styles.section, { borderColor: section === here ? colours.accent : "transparent" }]}
        >
          <Said as={section === here ? "accent" : "quiet"} numberOfLines={1} style={styles.name}>
            {texts[section]}
          </Said>
        </Pressable>
      ))}
    </View>
  );
}

const styles = StyleSheet.create({
  bar: { flexDirection: "row", borderTopWidth: 1 },
  section: { flex: 1, minHeight: TOUCH, borderTopWidth: 3, justifyContent: "center", alignItems: "center" },
  name: { fontSize: 13 },
});
