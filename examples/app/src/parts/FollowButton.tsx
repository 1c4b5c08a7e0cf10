/** Follows a topic or ends that. */
import { useState } from "react";
import { setFollowed, useFollows } from "../follows";
import { texts } from "../texts";
import { Button } from "./Button";
import { Note } from "./Note";

export function FollowButton({ topic, label }: { topic: string; label: string }) {
  const isFollowed = useFollows().includes(topic);
  const [isBusy, setBusy] = useState(false);
  const [hasFailed, setFailed] = useState(false);
  const toggle = async () => {
    setBusy(true);
    setFailed(false);
    await setFollowed(topic, !isFollowed).catch(() => setFailed(true));
    setBusy(false);
  };
  const title = isFollowed ? texts.doUnfollow : texts.doFollow;
  return (
    <>
      <Button title={title} name={`${title} ${label}`} isQuiet={isFollowed} isBusy={isBusy} onPress={toggle} />
      {hasFailed && <Note>{texts.failed}</Note>}
    </>
  );
}
