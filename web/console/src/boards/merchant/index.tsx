// index.tsx - the merchant's board: a shop opened and decorated, goods, orders, and the money they bring.
import { AppstoreOutlined, BankOutlined, CarOutlined, InboxOutlined, ProfileOutlined, RollbackOutlined, ShoppingOutlined, SkinOutlined } from "@ant-design/icons";
import type { Board } from "@tael/shared";

const group = "console.group.sell", scope = "sell";
const board: Board = {
  name: "merchant",
  pages: [
    { path: "/shop", scope, load: () => import("./ShopPage") },
    { path: "/products", scope, load: () => import("./ProductsPage") },
    { path: "/stock", scope, load: () => import("./StockPage") },
    { path: "/buying", scope, load: () => import("./BuyingPage") },
    { path: "/sales", scope, load: () => import("./SalesPage") },
    { path: "/sales/:order/:child", scope, load: () => import("./SalePage") },
    { path: "/parcels", scope, load: () => import("./ParcelsPage") },
    { path: "/returns", scope, load: () => import("./ReturnsPage") },
    { path: "/settlement", scope, load: () => import("./SettlementPage") },
  ],
  menu: [
    { path: "/sales", title: "merchant.sales", group, scope, icon: <ProfileOutlined />, order: 20 },
    { path: "/parcels", title: "merchant.parcels", group, scope, icon: <CarOutlined />, order: 21 },
    { path: "/returns", title: "merchant.returns", group, scope, icon: <RollbackOutlined />, order: 22 },
    { path: "/products", title: "merchant.products", group, scope, icon: <AppstoreOutlined />, order: 23 },
    { path: "/stock", title: "merchant.stock", group, scope, icon: <InboxOutlined />, order: 24 },
    { path: "/buying", title: "merchant.buying", group, scope, icon: <ShoppingOutlined />, order: 25 },
    { path: "/shop", title: "merchant.shop", group, scope, icon: <SkinOutlined />, order: 26 },
    { path: "/settlement", title: "merchant.settlement", group, scope, icon: <BankOutlined />, order: 27 },
  ],
  cards: [
    { name: "start", scope: "sell", order: 10, width: 4, load: () => import("./StartTile") },
    { name: "due", scope: "sell", order: 20, width: 2, load: () => import("./DueTile") },
    { name: "toSend", scope: "sell", order: 30, width: 2, load: () => import("./ToSendTile") },
  ],
};
export default board;
