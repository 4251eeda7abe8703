// i18n.ts - English and Chinese. Words come in one chunk a language, loaded when it is first wanted; the choice is
// remembered, else the browser's own languages decide. An application passes its own words and those of its boards.
import i18next, { type i18n } from "i18next";
import { initReactI18next, useTranslation } from "react-i18next";

export type Lang = "en" | "zh";
export type Words = { [name: string]: string | Words };
export type WordSource = Record<Lang, () => Promise<{ default: Words }>>;
// The other language must say the same things: const zh: Same<typeof en>.
export type Same<T> = { [K in keyof T]: T[K] extends string ? string : Same<T[K]> };

const stored = "tael.lang";
let sources: WordSource[] = [];

function firstLang(): Lang {
  const kept = localStorage.getItem(stored);
  if (kept === "en" || kept === "zh") return kept;
  for (const l of navigator.languages) {
    if (l.startsWith("zh")) return "zh";
    if (l.startsWith("en")) return "en";
  }
  return "en";
}

async function load(lang: Lang) {
  if (i18next.hasResourceBundle(lang, "translation")) return;
  for (const words of await Promise.all(sources.map((s) => s[lang]()))) {
    i18next.addResourceBundle(lang, "translation", words.default, true, true);
  }
}

export async function setLang(lang: Lang) {
  await load(lang);
  localStorage.setItem(stored, lang);
  await i18next.changeLanguage(lang);
  document.documentElement.lang = lang === "zh" ? "zh-Hans" : "en";
}

export async function startI18n(own: WordSource[]): Promise<i18n> {
  sources = [{ en: () => import("./en"), zh: () => import("./zh") }, ...own];
  const lng = firstLang();
  await i18next.use(initReactI18next).init({ lng, resources: {}, interpolation: { escapeValue: false }, returnEmptyString: false });
  await load(lng);
  await i18next.changeLanguage(lng);
  document.documentElement.lang = lng === "zh" ? "zh-Hans" : "en";
  return i18next;
}

// t, the language, and the locale that Intl is asked with.
export function useWords() {
  const { t, i18n } = useTranslation();
  const lang: Lang = i18n.language === "zh" ? "zh" : "en";
  return { t, lang, locale: lang === "zh" ? "zh-CN" : navigator.languages.find((l) => l.startsWith("en")) ?? "en", setLang };
}
