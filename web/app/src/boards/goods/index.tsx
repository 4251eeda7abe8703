// index.tsx - what is for sale: search, shops, products with their reviews.
import type { Board } from "@tael/shared";
import { Icon } from "../../ui/Icon";

const board: Board = {
  name: "goods",
  pages: [
    { path: "/search", load: () => import("./SearchPage") },
    { path: "/shops", load: () => import("./ShopsPage") },
    { path: "/shops/:slug", load: () => import("./ShopPage") },
    { path: "/products/:product", load: () => import("./ProductPage") },
  ],
  menu: [{ path: "/search", title: "goods.search", icon: <Icon name="search" />, order: 20 }],
  cards: [{ name: "promotions", order: 20, load: () => import("./PromotionsCard") }],
};
export default board;
