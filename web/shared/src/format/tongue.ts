// tongue.ts - a text that says the same in English and in Chinese, "Jasmine pearls / 茉莉龙珠": the reader's half of it.
// Any other text is shown as it is.
import type { Lang } from "../i18n/i18n";

const chinese = /\p{Script=Han}/u;

export function inTongue(text: string, lang: Lang): string {
  const at = text.indexOf(" / ");
  if (at < 0) return text;
  const [first, second] = [text.slice(0, at), text.slice(at + 3)];
  if (chinese.test(first) || !chinese.test(second)) return text;
  return lang === "zh" ? second : first;
}
