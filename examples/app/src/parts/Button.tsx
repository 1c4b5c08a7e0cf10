/** A button as large as a finger wants it. */
import { Pressable, StyleSheet } from "react-native";
import { GAP, TOUCH, useColours } from "../theme";
import { Said } from "./Said";

interface Props {
  title: string;
  /** What is read aloud where the title alone does not say enough. */
  name?: string;
  /** One of many, or done already: a frame only. */
  isQuiet?: boolean;
  isBusy?: boolean;
  onPress: () => void;
}

export function Button({ title, name, isQuiet = false, isBusy = false, onPress }: Props) {
  const colours = useColours();
  const back = isQuiet ? "transparent" : colours.accent;
  return (
    <Pressable
      role="button"
      aria-label={name}
      aria-disabled={isBusy}
      aria-busy={isBusy}
      disabled={isBusy}
      onPress={onPress}
      style={[styles.button, { backgroundColor: back, borderColor: colours.accent }]}
    >
      <Said style={{ color: isQuiet ? colours.accent : colours.onAccent, fontWeight: "600" }}>{title}</Said>
    </Pressable>
  );
}

const styles = StyleSheet.create({
  button: { minHeight: TOUCH, paddingHorizontal: GAP, borderRadius: 8, borderWidth: 1, justifyContent: "center", alignItems: "center" },
});
