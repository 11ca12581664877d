/** Languages by their codes (ISO 639-1), and what is known of a text's. */

const names = new Intl.DisplayNames(["en"], { type: "language" });

/** Such as `German`. */
export const languageName = (code: string): string => names.of(code) ?? code;

/** `de` of `de`, `de-AT`, `DE` and `german`; undefined for what is none. */
export function languageCode(text: string): string | undefined {
  const plain = text.trim().toLowerCase();
  const code = /^([a-z]{2})(?:[-_][a-z0-9]+)*$/.exec(plain)?.[1];
  if (code) return code;
  for (const code of known) if (languageName(code).toLowerCase() === plain) return code;
  return undefined;
}

const known =
  "af am ar az be bg bn bs ca cs cy da de el en es et eu fa fi fr ga gl gu he hi hr ht hu hy id is it ja ka kk km kn ko ku ky la lb lo lt lv mi mk ml mn mr ms mt my ne nl no om pa pl ps pt ro ru sd si sk sl so sq sr sv sw ta te tg th tk tl tr tt uk ur uz vi yi yo zh".split(
    " ",
  );

const scripts: readonly [RegExp, string][] = [
  [/[\p{Script=Hiragana}\p{Script=Katakana}]/u, "ja"],
  [/\p{Script=Han}/u, "zh"],
  [/\p{Script=Hangul}/u, "ko"],
  [/[іїєґ]/iu, "uk"],
  [/\p{Script=Cyrillic}/u, "ru"],
  [/\p{Script=Greek}/u, "el"],
  [/\p{Script=Arabic}/u, "ar"],
  [/\p{Script=Hebrew}/u, "he"],
  [/\p{Script=Devanagari}/u, "hi"],
  [/\p{Script=Thai}/u, "th"],
];

/** By its script alone; undefined for Latin letters, which many share. */
export function languageByScript(text: string): string | undefined {
  return scripts.find(([script]) => script.test(text))?.[1];
}

const sentences: Record<string, string> = {
  en: "Hello, this is my new voice. I can read to you whatever you write.",
  de: "Hallo, das ist meine neue Stimme. Ich lese dir vor, was du schreibst.",
  fr: "Bonjour, voici ma nouvelle voix. Je peux te lire tout ce que tu écris.",
  es: "Hola, esta es mi nueva voz. Puedo leerte todo lo que escribas.",
  it: "Ciao, questa è la mia nuova voce. Posso leggerti tutto quello che scrivi.",
  pt: "Olá, esta é a minha nova voz. Posso ler para você tudo o que escrever.",
  nl: "Hallo, dit is mijn nieuwe stem. Ik lees je voor wat je schrijft.",
  pl: "Cześć, to jest mój nowy głos. Przeczytam ci wszystko, co napiszesz.",
  ru: "Здравствуйте, это мой новый голос. Я прочитаю вам всё, что вы напишете.",
  uk: "Вітаю, це мій новий голос. Я прочитаю вам усе, що ви напишете.",
  tr: "Merhaba, bu benim yeni sesim. Yazdığın her şeyi sana okuyabilirim.",
  cs: "Dobrý den, toto je můj nový hlas. Přečtu vám vše, co napíšete.",
  zh: "你好，这是我的新声音。你写什么，我就读什么。",
  ja: "こんにちは、これが私の新しい声です。書いてくれたことを何でも読みます。",
  ko: "안녕하세요, 이것이 제 새 목소리입니다. 쓰신 글을 무엇이든 읽어 드립니다.",
};

/** To hear a new voice. What the recording says where we have none in its language. */
export function testSentence(language: string, transcript: string): string {
  return sentences[language] ?? transcript;
}
