/** The screens: those of app.toml, which addresses lead to, and the app's own. */
import { CommonActions, createNavigationContainerRef, type LinkingOptions } from "@react-navigation/native";
import { Linking } from "react-native";
import type { Place } from "@tagwire/client";
import { linking as generated, type Screen } from "./routes";

type Addressed = { [S in Screen as S["name"]]: S["params"] };

export type Pages = Addressed & {
  follow: undefined;
  inbox: undefined;
  settings: undefined;
};

declare global {
  // How React Navigation is told, in its own words.
  namespace ReactNavigation {
    // eslint-disable-next-line @typescript-eslint/no-empty-object-type
    interface RootParamList extends Pages {}
  }
}

const own = { follow: "app/topics", inbox: "app/alerts", settings: "app/settings" };

export const linking: LinkingOptions<Pages> = {
  filter: generated.filter,
  prefixes: [...generated.prefixes],
  config: { initialRouteName: "home", screens: { ...generated.config.screens, ...own } },
};

export const navigation = createNavigationContainerRef<Pages>();

export function show(screen: Screen): void {
  navigation.dispatch(CommonActions.navigate(screen));
}

/** The screen of a tap, a claim or an address; what is no screen of the app opens in a browser. */
export function go(place: Place<Screen> | null): void {
  if (place === null) return;
  if ("screen" in place) show(place.screen);
  else void Linking.openURL(place.web);
}
