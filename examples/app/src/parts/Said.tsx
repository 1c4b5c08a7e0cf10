/** Texts as the app writes them: plain, quiet, a title, and texts in a language of their own. */
import { StyleSheet, Text, type TextProps } from "react-native";
import { useColours } from "../theme";
import { heading, inLanguage } from "./attributes";

interface Props extends TextProps {
  as?: "plain" | "quiet" | "top" | "title" | "heading" | "accent";
  /** Of a text that is not the app's own: it decides how it is read aloud and where it begins. */
  language?: string | null;
}

export function Said({ as = "plain", language, style, ...props }: Props) {
  const colours = useColours();
  const colour = as === "quiet" ? colours.quiet : as === "accent" ? colours.accent : colours.ink;
  const level = LEVELS[as];
  const spoken = language == null ? {} : inLanguage(language);
  return (
    <Text
      {...(level !== undefined && heading(level))}
      {...spoken}
      {...props}
      style={[styles[as], { color: colour }, spoken.style, style]}
    />
  );
}

const LEVELS: Partial<Record<NonNullable<Props["as"]>, number>> = { top: 1, title: 2, heading: 2 };

const styles = StyleSheet.create({
  plain: { fontSize: 17, lineHeight: 26 },
  quiet: { fontSize: 14, lineHeight: 20 },
  accent: { fontSize: 14, lineHeight: 20, fontWeight: "700" },
  top: { fontSize: 19, fontWeight: "600" },
  title: { fontSize: 26, lineHeight: 32, fontWeight: "700" },
  heading: { fontSize: 19, lineHeight: 25, fontWeight: "700" },
});
