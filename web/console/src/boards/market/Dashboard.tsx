// Dashboard.tsx - the tiles of all boards that this person may see, each loaded by itself.
import { Loading, useSession, useWords } from "@tael/shared";
import { lazy, Suspense } from "react";
import { cards } from "../../boards";
import { Mishap } from "../../frame/Mishap";
import { PageHead } from "../../ui/Page";

const tiles = cards.map((c) => ({ ...c, Tile: lazy(c.load) }));

export default function Dashboard() {
  const { t } = useWords();
  const { me, has } = useSession();
  return (
    <>
      <PageHead title={t("market.hello", { name: me?.user.name || me?.user.email })} lead={t(has("supervise") ? "market.lead" : "market.leadShop")} />
      <div className="c-grid">
        {tiles.filter((c) => !c.scope || has(c.scope)).map(({ name, width, Tile }) => (
          <div key={name} className={`w${width ?? 1}`}>
            <Mishap><Suspense fallback={<div className="c-sheet"><Loading lines={4} /></div>}><Tile /></Suspense></Mishap>
          </div>
        ))}
      </div>
    </>
  );
}
