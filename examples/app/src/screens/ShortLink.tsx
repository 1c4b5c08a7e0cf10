/** Where a short link leads only the server knows: asked, then gone to. */
import type { NativeStackScreenProps } from "@react-navigation/native-stack";
import { useEffect, useState } from "react";
import { Fare } from "../parts/Fare";
import { Page } from "../parts/Page";
import { news, SERVER } from "../news";
import { go, type Pages } from "../pages";
import { stateAfter, type State } from "../useFeed";

export function ShortLink({ route, navigation }: NativeStackScreenProps<Pages, "short_link">) {
  const { code } = route.params;
  const [state, setState] = useState<State>("loading");
  useEffect(() => {
    const follow = async () => {
      const place = await news.links.open(`${SERVER}/l/${code}`);
      navigation.popToTop();
      go(place);
    };
    follow().catch((error: unknown) => setState(stateAfter(error)));
  }, [code, navigation]);
  return (
    <Page>
      <Fare state={state} isEmpty />
    </Page>
  );
}
