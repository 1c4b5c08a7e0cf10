/** The stories of `clients/vectors`, whose folder is the argument: what was answered, what must stand there. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { Feed, Refused, type Article, type ChangePage, type List, type Page } from "../src/index.js";

interface Answer {
  call: "page" | "changes";
  query: Record<string, unknown>;
  status: number;
  body: { type?: string };
}

interface Story {
  list: { limit: number; batch: number; most_calls: number };
  steps: {
    do: "refresh" | "older";
    answers: Answer[];
    then: { pinned: unknown[]; articles: unknown[]; is_whole: boolean };
  }[];
}

/** Answers what the story says, and only when it is asked as in the story. */
function told(answers: Answer[]): List<Article> {
  const answer = async (call: string, query: object): Promise<unknown> => {
    const next = answers.shift();
    assert.deepEqual({ call, query }, { call: next?.call, query: next?.query });
    if (next?.status !== 200) throw new Refused(next?.status ?? 0, next?.body.type ?? "", "");
    return next.body;
  };
  return {
    name: "a story",
    page: (query) => answer("page", query) as Promise<Page<Article>>,
    changes: (query) => answer("changes", query) as Promise<ChangePage<Article>>,
  };
}

const [, , folder = ""] = process.argv;
const names = readdirSync(folder).filter((name) => name.endsWith(".json"));
assert.ok(names.length > 0);
for (const name of names) {
  void test(name, async () => {
    const story = JSON.parse(readFileSync(`${folder}/${name}`, "utf8")) as Story;
    const answers: Answer[] = [];
    const { limit, batch, most_calls: mostCalls } = story.list;
    const feed = new Feed(told(answers), { limit, batch, mostCalls });
    for (const step of story.steps) {
      answers.push(...step.answers);
      await feed[step.do]();
      assert.equal(answers.length, 0, "something was not asked for");
      assert.deepEqual({ pinned: feed.pinned, articles: feed.articles, is_whole: feed.isWhole }, step.then);
    }
  });
}
