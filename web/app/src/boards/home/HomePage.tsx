// HomePage.tsx - the first page.
import { Empty, Failure, Loading, useList } from "@tael/shared";

export default function HomePage() {
  const shops = useList("/v1/shops");
  if (shops.isPending) return <Loading tall={2} />;
  if (shops.error) return <Failure error={shops.error} retry={shops.refetch} />;
  if (shops.items.length === 0) return <Empty />;
  return (
    <main>
      {shops.items.map((s) => (
        <p key={s.shop}>{s.name}</p>
      ))}
    </main>
  );
}
