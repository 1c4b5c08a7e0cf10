/** A line to type into, with its name above it. */
import { StyleSheet, TextInput, View, type TextInputProps } from "react-native";
import { GAP, TOUCH, useColours } from "../theme";
import { Said } from "./Said";

export function Field({ name, ...props }: TextInputProps & { name: string }) {
  const colours = useColours();
  return (
    <View style={styles.field}>
      <Said as="quiet">{name}</Said>
      <TextInput
        aria-label={name}
        placeholderTextColor={colours.quiet}
        autoCapitalize="none"
        autoCorrect={false}
        {...props}
        style={[styles.input, { color: colours.ink, borderColor: colours.quiet, backgroundColor: colours.raised }]}
      />
    </View>
  );
}

const styles = StyleSheet.create({
  field: { gap: 4, flexGrow: 1, flexShrink: 1 },
  input: { minHeight: TOUCH, paddingHorizontal: GAP, borderWidth: 1, borderRadius: 8, fontSize: 17 },
});
