/** The app: its screens by name, one over the other, and the alert that may come on top of any. */
import { NavigationContainer } from "@react-navigation/native";
import { createNativeStackNavigator } from "@react-navigation/native-stack";
import { useEffect, useState } from "react";
import { View } from "react-native";
import { SafeAreaProvider } from "react-native-safe-area-context";
import { Banner } from "./parts/Banner";
import { header } from "./parts/header";
import { linking, navigation, type Pages } from "./pages";
import { Article } from "./screens/Article";
import { Follow } from "./screens/Follow";
import { Home } from "./screens/Home";
import { Inbox } from "./screens/Inbox";
import { Category, Source, Tag } from "./screens/Lists";
import { Search } from "./screens/Search";
import { Settings } from "./screens/Settings";
import { ShortLink } from "./screens/ShortLink";
import { Story } from "./screens/Story";
import { flushEvents, start } from "./start";
import { directionOf, language, texts } from "./texts";
import { useNavigationTheme } from "./theme";

const Stack = createNativeStackNavigator<Pages>();
const direction = directionOf(language);

export function App() {
  const theme = useNavigationTheme();
  const [isReady, setReady] = useState(false);
  const [isStarted, setStarted] = useState(false);
  useEffect(flushEvents, []);
  useEffect(() => {
    // Also when it fails, for want of a network: then what was kept is shown.
    if (isReady) void start().catch(() => undefined).then(() => setStarted(true));
  }, [isReady]);
  return (
    <SafeAreaProvider>
      <View style={{ flex: 1, direction }}>
        <NavigationContainer ref={navigation} linking={linking} theme={theme} direction={direction} onReady={() => setReady(true)}>
          <Stack.Navigator screenOptions={{ header }}>
            <Stack.Screen name="home" component={Home} options={{ title: texts.home }} />
            <Stack.Screen name="tag" component={Tag} getId={({ params }) => params.tag} />
            <Stack.Screen name="source" component={Source} />
            <Stack.Screen name="category" component={Category} />
            <Stack.Screen name="article" component={Article} getId={({ params }) => params.id} options={{ title: texts.article }} />
            <Stack.Screen name="story" component={Story} getId={({ params }) => params.id} options={{ title: texts.story }} />
            <Stack.Screen name="search" component={Search} options={{ title: texts.search }} />
            <Stack.Screen name="follow" component={Follow} options={{ title: texts.follow }} />
            <Stack.Screen name="inbox" component={Inbox} options={{ title: texts.inbox }} />
            <Stack.Screen name="settings" component={Settings} options={{ title: texts.settings }} />
            <Stack.Screen name="short_link" component={ShortLink} options={{ title: texts.loading }} />
          </Stack.Navigator>
        </NavigationContainer>
        {isStarted && <Banner />}
      </View>
    </SafeAreaProvider>
  );
}
