/** What the screen has to say of itself: offline, empty, failed. Read aloud when it comes. */
import { StyleSheet, View } from "react-native";
import { GAP, useColours } from "../theme";
import { Said } from "./Said";

export function Note({ children }: { children: string }) {
  const { raised, line } = useColours();
  return (
    <View role="status" aria-live="polite" style={[styles.note, { backgroundColor: raised, borderColor: line }]}>
      <Said>{children}</Said>
    </View>
  );
}

const styles = StyleSheet.create({ note: { margin: GAP, padding: GAP, borderWidth: 1, borderRadius: 8 } });
