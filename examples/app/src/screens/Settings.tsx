/** When alerts may come, and the way out. */
import { useState } from "react";
import { ScrollView, StyleSheet, Switch, View } from "react-native";
import type { Preferences } from "@tagwire/client";
import { Button } from "../parts/Button";
import { Fare } from "../parts/Fare";
import { Field } from "../parts/Field";
import { Note } from "../parts/Note";
import { Page } from "../parts/Page";
import { Said } from "../parts/Said";
import { forgetFollows } from "../follows";
import { forgetAll } from "../kept";
import { forgetRegistration, news, registered } from "../news";
import { texts } from "../texts";
import { GAP } from "../theme";
import { useLoaded } from "../useLoaded";

const WAYS = { fresh: preferences };
const USUAL = { start: "22:00", end: "07:00" };

async function preferences(): Promise<Preferences> {
  await registered();
  return news.installation.preferences();
}

export function Settings() {
  const { value, state } = useLoaded(WAYS);
  return (
    <Page>
      <ScrollView contentContainerStyle={styles.page}>
        <Fare state={state} isEmpty={value === null} />
        {value !== null && <QuietHours preferences={value} />}
        <Erase id={news.installation.id} />
      </ScrollView>
    </Page>
  );
}

function QuietHours({ preferences }: { preferences: Preferences }) {
  const [isQuiet, setQuiet] = useState(preferences.quiet_hours !== null);
  const [hours, setHours] = useState(preferences.quiet_hours ?? USUAL);
  const [overrides, setOverrides] = useState(preferences.breaking_overrides_quiet_hours);
  const [said, setSaid] = useState<string | null>(null);
  const save = async () => {
    const quiet_hours = isQuiet ? hours : null;
    try {
      await news.installation.prefer({ quiet_hours, breaking_overrides_quiet_hours: overrides });
      setSaid(texts.saved);
    } catch {
      setSaid(texts.failed);
    }
  };
  return (
    <View style={styles.part}>
      <Choice name={texts.quietHours} isOn={isQuiet} onChange={setQuiet} />
      {isQuiet && (
        <>
          <View style={styles.row}>
            <Field name={texts.from} value={hours.start} onChangeText={(start) => setHours({ ...hours, start })} />
            <Field name={texts.to} value={hours.end} onChangeText={(end) => setHours({ ...hours, end })} />
          </View>
          <Said as="quiet">{texts.timeForm}</Said>
          <Choice name={texts.overrides} isOn={overrides} onChange={setOverrides} />
        </>
      )}
      <Button title={texts.save} onPress={() => void save()} />
      {said !== null && <Note>{said}</Note>}
    </View>
  );
}

function Choice({ name, isOn, onChange }: { name: string; isOn: boolean; onChange: (isOn: boolean) => void }) {
  return (
    <View style={styles.row}>
      <Said style={styles.name}>{name}</Said>
      <Switch aria-label={name} value={isOn} onValueChange={onChange} />
    </View>
  );
}

function Erase({ id }: { id: string | null }) {
  const [isAsked, setAsked] = useState(false);
  const [said, setSaid] = useState<string | null>(null);
  const erase = async () => {
    setAsked(false);
    try {
      await news.installation.erase();
      forgetRegistration();
      forgetFollows();
      await forgetAll();
      setSaid(texts.erased);
    } catch {
      setSaid(texts.failed);
    }
  };
  return (
    <View style={styles.part}>
      {id !== null && (
        <Said as="quiet" selectable>
          {texts.ownId} {id}
        </Said>
      )}
      {isAsked ? (
        <Button title={texts.eraseAll} onPress={() => void erase()} />
      ) : (
        <Button title={texts.erase} isQuiet onPress={() => setAsked(true)} />
      )}
      {said !== null && <Note>{said}</Note>}
    </View>
  );
}

const styles = StyleSheet.create({
  page: { padding: GAP, gap: GAP * 2 },
  part: { gap: GAP },
  row: { flexDirection: "row", gap: GAP, alignItems: "center" },
  name: { flex: 1 },
});
