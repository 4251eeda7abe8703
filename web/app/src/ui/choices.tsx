// choices.tsx - the language and the look: two small switches that stand on the page Me and at the foot of a desktop page.
import { setLang, useTheme, useWords, type ThemeChoice } from "@tael/shared";

export function LanguageChoice() {
  const { t, lang } = useWords();
  return (
    <div className="segments" role="group" aria-label={t("common.language")}>
      {(["en", "zh"] as const).map((l) => (
        <button type="button" key={l} lang={l === "zh" ? "zh-Hans" : "en"} aria-pressed={l === lang} onClick={() => void setLang(l)}>
          {l === "en" ? "English" : "中文"}
        </button>
      ))}
    </div>
  );
}

export function ThemeSwitch() {
  const { t } = useWords();
  const theme = useTheme();
  return (
    <div className="segments" role="group" aria-label={t("common.theme")}>
      {(["auto", "light", "dark"] as ThemeChoice[]).map((c) => (
        <button type="button" key={c} aria-pressed={c === theme.choice} onClick={() => theme.set(c)}>
          {t(c === "auto" ? "common.themeAuto" : c === "light" ? "common.themeLight" : "common.themeDark")}
        </button>
      ))}
    </div>
  );
}
