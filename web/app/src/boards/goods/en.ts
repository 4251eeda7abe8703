const en = {
  search: "Search", shops: "Shops", noneTitle: "Nothing found", noneText: "Try fewer or other words, or a wider price range.",
  filters: "Filters", shop: "Shop", anyShop: "All shops", category: "Category", anyCategory: "All categories", from: "Price from", to: "Price to", inStock: "In stock only",
  sort: "Order", sort_oldest: "As listed", sort_newest: "Newest", sort_cheapest: "Cheapest", sort_dearest: "Dearest", sort_best_rated: "Best rated", apply: "Show", reset: "Reset",
  atLeast: "from {{amount}}", atMost: "up to {{amount}}", takeOff: "Take off: {{filter}}", resultsFor: "Results for “{{words}}”", facts: "Facts", product: "Product", noShops: "No shop is open yet", noShopsText: "As soon as a seller opens one, it is here.", searchShop: "Search in this shop", moreOf: "More from {{shop}}",
  stock: "{{count}} in stock", stockLow: "Only {{count}} left", soldOut: "Sold out", quantity: "Quantity", variant: "Variant", add: "Add to cart", buyNow: "Buy now", added: "In your cart",
  toCart: "Go to cart", reviews: "Reviews", noReviews: "No reviews yet", noReviewsText: "Who buys it can write the first.", about: "About it", freight: "Delivery {{amount}}",
  freightFree: "Free delivery", freightFrom: "Delivery {{amount}}, free from {{from}}", share: "Share", shared: "Link copied", sellers: "Also sold by", promo: "Up to {{amount}} off every order", promoUse: "Choose it at the cashier",
  signInFirst: "Sign in to fill a cart", safe: "The shop is paid only when your goods have arrived.", visit: "Visit shop",
};
export default en;
