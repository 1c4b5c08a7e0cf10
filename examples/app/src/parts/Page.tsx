/** A screen with the sections at its foot. */
import type { ReactNode } from "react";
import { StyleSheet, View } from "react-native";
import { useColours } from "../theme";
import { Bar } from "./Bar";

export function Page({ children }: { children: ReactNode }) {
  const { paper } = useColours();
  return (
    <View style={[styles.page, { backgroundColor: paper }]}>
      <View role="main" style={styles.page}>
        {children}
      </View>
      <Bar />
    </View>
  );
}

const styles = StyleSheet.create({ page: { flex: 1 } });
