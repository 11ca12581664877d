import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cutText, sentencesOf } from "./cut-text.ts";
import { languageByScript, languageCode } from "./languages.ts";
import { isSyllabic, rateOf, wordErrorRate } from "./script.ts";

describe("long text", () => {
  it("is cut at sentences", () => {
    expect(cutText("One is here. Two is there! Is three? Yes.", 20)).toEqual(["One is here.", "Two is there!", "Is three? Yes."]);
  });

  it("is cut at clauses where a sentence is too long, then at words, then anywhere", () => {
    expect(cutText("when the rain stops, we go out", 22)).toEqual(["when the rain stops,", "we go out"]);
    expect(cutText("when the rain stops we go", 15)).toEqual(["when the rain", "stops we go"]);
    expect(cutText("abcdefghij", 4)).toEqual(["abcd", "efgh", "ij"]);
  });

  it.each([
    "It costs 3.14 dollars and 1,000 more. Then",
    "Dr. Smith met Mrs. Jones at 5 p.m. in St. Albans. Then",
    "We met J. R. Tolkien, e.g. in Oxford. Then",
    "Das ist z.B. am 3. Mai um 12:30 Uhr gut. Then",
    "See example.org/a.b for more. Then",
    "Wait... what did he say. Then",
  ])("is never cut inside a number or an abbreviation: %s", (text) => {
    expect(sentencesOf(text)).toHaveLength(2);
  });

  it("keeps a quote that closes a sentence with it, and cuts Chinese and Japanese without spaces", () => {
    expect(sentencesOf('He said "Come in." Then he left.')).toEqual(['He said "Come in."', "Then he left."]);
    expect(cutText("你好。我很好，谢谢你。再见！", 8)).toEqual(["你好。", "我很好，谢谢你。", "再见！"]);
  });

  it("loses no letter, and no piece is longer than allowed", () => {
    const letters = fc.string({ unit: fc.constantFrom(..."ab. ,!?\n0é你。👍🏽".split("")), maxLength: 200 });
    fc.assert(
      fc.property(letters, fc.integer({ min: 4, max: 40 }), (text, most) => {
        const pieces = cutText(text, most);
        expect(pieces.join("").replace(/\s/g, "")).toBe(text.replace(/\s/g, ""));
        for (const piece of pieces) expect(piece.length).toBeLessThanOrEqual(most);
      }),
    );
  });
});

describe("words and languages", () => {
  it("differ by the words to change, add and leave out; case and marks do not count", () => {
    expect(wordErrorRate("The quick, brown fox.", "the quick brown fox")).toBe(0);
    expect(wordErrorRate("the quick brown fox", "the slow brown dog")).toBe(0.5);
    expect(wordErrorRate("one two", "three four five")).toBe(1.5);
    expect(wordErrorRate("你好世界", "你好世间")).toBe(0.25);
  });

  it("are spoken slower where a character is a syllable", () => {
    expect(isSyllabic("你好 world")).toBe(false);
    expect(isSyllabic("你好世界")).toBe(true);
    expect(rateOf("你好世界")).toMatchObject({ least: 1.5, most: 12 });
    expect(rateOf("hello")).toMatchObject({ least: 4, most: 30 });
  });

  it("are known by code, region and English name, and some by their script", () => {
    expect(["de", "de-AT", "DE", "German", "klingon"].map(languageCode)).toEqual(["de", "de", "de", "de", undefined]);
    expect(["こんにちは", "你好", "привет", "hello"].map(languageByScript)).toEqual(["ja", "zh", "ru", undefined]);
  });
});
