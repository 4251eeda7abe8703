// SetUpFirst.tsx - an empty store has nothing to buy: whoever comes first is led to the console's set-up.
import { StateView, useWords } from "@tael/shared";
import { useEffect } from "react";
import { Page } from "../ui/Page";

const set_up = "/console/setup";

export function SetUpFirst() {
  const { t } = useWords();
  useEffect(() => {
    location.replace(set_up);
  }, []);
  return (
    <Page title={t("app.setUpTitle")} bare>
      <StateView picture="empty" title={t("app.setUpTitle")} text={t("app.setUpText")}>
        <a className="t-button" href={set_up}>
          {t("app.setUp")}
        </a>
      </StateView>
    </Page>
  );
}
