const en = {
  search: "Search", searchFor: "What are you looking for?", shops: "Shops", noneTitle: "Nothing found", noneText: "Try fewer or other words, or a wider price range.",
  filters: "Filters", shop: "Shop", anyShop: "All shops", category: "Category", anyCategory: "All categories", from: "Price from", to: "Price to", inStock: "In stock only",
  sort: "Order", sortNone: "As listed", sortLow: "Cheapest first", sortHigh: "Dearest first", sortRating: "Best rated", apply: "Show", reset: "Reset",
  stock: "{{count}} in stock", stockLow: "Only {{count}} left", soldOut: "Sold out", quantity: "Quantity", variant: "Variant", add: "Add to cart", buyNow: "Buy now", added: "In your cart",
  toCart: "Go to cart", reviews: "Reviews", noReviews: "No reviews yet", noReviewsText: "Who buys it can write the first.", about: "About it", freight: "Delivery {{amount}}",
  freightFree: "Free delivery", freightFrom: "Delivery {{amount}}, free from {{from}}", share: "Share", shared: "Link copied", sellers: "Also sold by", promo: "Up to {{amount}} off every order", promoUse: "Choose it at the cashier",
  signInFirst: "Sign in to fill a cart", safe: "The shop is paid only when your goods have arrived.", visit: "Visit shop",
};
export default en;
