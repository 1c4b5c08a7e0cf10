/** What a browser wants said otherwise than a phone; React Native's types do not know it. */
import { Platform, type TextProps, type ViewProps } from "react-native";
import { directionOf } from "../texts";

const isWeb = Platform.OS === "web";

export function heading(level: number): TextProps {
  return { role: "heading", ...(isWeb && { "aria-level": level }) };
}

export const current = isWeb ? ({ "aria-current": "page" } as ViewProps) : { "aria-selected": true };

/** Of a text in a language of its own: how it is read aloud, and from which side. */
export function inLanguage(code: string): TextProps {
  if (isWeb) return { lang: code, dir: directionOf(code) } as TextProps;
  return { accessibilityLanguage: code, style: { writingDirection: directionOf(code) } };
}
