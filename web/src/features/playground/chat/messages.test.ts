import { expect, it } from "vitest";
import { type Answer, bodyOf, type Message, modelsFor, NOTHING_SET, upToLastQuestion } from "./messages";

const asked = (text: string): Message => ({ role: "user", text });
const answered = (text: string): Answer => ({
  role: "assistant",
  model: "m",
  text,
  reasoning: "",
  state: "done",
});

it("sends what was said, and no setting that nobody made", () => {
  expect(bodyOf({ ...NOTHING_SET, model: "m" }, [asked("hi")])).toEqual({
    model: "m",
    messages: [{ role: "user", content: "hi" }],
  });
});

it("sends the settings, zero too", () => {
  const settings = { tokenId: 0, model: "m", system: "be brief", temperature: 0, maxTokens: 5 };
  expect(bodyOf(settings, [asked("hi")])).toEqual({
    model: "m",
    messages: [
      { role: "system", content: "be brief" },
      { role: "user", content: "hi" },
    ],
    temperature: 0,
    max_tokens: 5,
  });
});

it("leaves out answers that failed before their first word", () => {
  const { messages } = bodyOf(NOTHING_SET, [asked("1"), answered(""), asked("2"), answered("ok")]);
  expect(messages.map((message) => message.content)).toEqual(["1", "2", "ok"]);
});

it("goes back to the last question", () => {
  const conversation = [asked("1"), answered("a"), asked("2"), answered("b")];
  expect(upToLastQuestion(conversation)).toEqual(conversation.slice(0, 3));
  expect(upToLastQuestion(conversation.slice(0, 3))).toEqual(conversation.slice(0, 3));
  expect(upToLastQuestion([])).toEqual([]);
});

it("offers the models of a token that has its own", () => {
  expect(modelsFor(["a", "b"], undefined)).toEqual(["a", "b"]);
  expect(modelsFor(["a", "b"], { models: "" })).toEqual(["a", "b"]);
  expect(modelsFor(["a", "b"], { models: "b,c" })).toEqual(["b"]);
});
