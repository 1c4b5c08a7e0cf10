/** The head of a screen in a browser: a landmark, which that of React Navigation is not. */
import type { NativeStackHeaderProps } from "@react-navigation/native-stack";
import { Pressable, StyleSheet, View } from "react-native";
import { directionOf, language, texts } from "../texts";
import { GAP, TOUCH, useColours } from "../theme";
import { Said } from "./Said";

const BACK = directionOf(language) === "rtl" ? "→" : "←";

export const header = (props: NativeStackHeaderProps) => <Head {...props} />;

function Head({ back, navigation, options, route }: NativeStackHeaderProps) {
  const { line, raised } = useColours();
  return (
    <View role="banner" style={[styles.head, { backgroundColor: raised, borderColor: line }]}>
      {back && (
        <Pressable role="button" aria-label={texts.back} onPress={navigation.goBack} style={styles.back}>
          <Said style={styles.arrow}>{BACK}</Said>
        </Pressable>
      )}
      <Said as="top" numberOfLines={1}>
        {options.title ?? route.name}
      </Said>
    </View>
  );
}

const styles = StyleSheet.create({
  head: { flexDirection: "row", alignItems: "center", minHeight: 56, paddingHorizontal: GAP, gap: GAP, borderBottomWidth: 1 },
  back: { minWidth: TOUCH, minHeight: TOUCH, justifyContent: "center", alignItems: "flex-start" },
  arrow: { fontSize: 24 },
});
