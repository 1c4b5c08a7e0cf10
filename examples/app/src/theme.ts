/** The colours of light and dark, with contrast 4.5 and more, and the sizes that screens share. */
import { DarkTheme, DefaultTheme, type Theme } from "@react-navigation/native";
import { useColorScheme } from "react-native";

const light = { paper: "#faf9f6", raised: "#ffffff", ink: "#17181b", quiet: "#595d66", line: "#ddd9cf", accent: "#a3231b", onAccent: "#ffffff" };
const dark = { paper: "#131417", raised: "#1b1d21", ink: "#ecebe6", quiet: "#a6abb5", line: "#34373e", accent: "#ff9b90", onAccent: "#16090a" };

export type Colours = typeof light;
export const GAP = 16;
/** The least that a finger hits. */
export const TOUCH = 48;

export function useColours(): Colours {
  return useColorScheme() === "dark" ? dark : light;
}

export function useNavigationTheme(): Theme {
  const colours = useColours();
  const base = useColorScheme() === "dark" ? DarkTheme : DefaultTheme;
  const { paper: background, raised: card, ink: text, line: border, accent: primary } = colours;
  return { ...base, colors: { ...base.colors, background, card, text, border, primary } };
}
