// HomePage.tsx - the first page.
import { useSession, useWords } from "@tael/shared";
import { Button, Card } from "antd";

export default function HomePage() {
  const { t, lang, setLang } = useWords();
  const { me } = useSession();
  return (
    <Card title={t("console.name")}>
      <p>{me ? me.user.name : t("state.signedOutTitle")}</p>
      <Button type="primary" onClick={() => void setLang(lang === "en" ? "zh" : "en")}>
        {lang === "en" ? "中文" : "English"}
      </Button>
    </Card>
  );
}
