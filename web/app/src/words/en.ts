// en.ts - words of the application's frame; those of a board stand in its folder.
const en = {
  app: {
    skip: "Skip to content", navigation: "Main navigation", starsOf: "{{stars}} of 5 stars", soldOut: "Sold out", all: "Show all of it", fold: "Show less", less: "One less", more: "One more",
    buyersOnly: "This part is for buyers. Sign in with a buyer's account.", console: "Console", toHome: "To the first page",
    search: "Search the market", searchFor: "What are you looking for?", foot: "Shops, wallet and parcels in one place. Shops are paid when your goods have arrived.",
    footMarket: "Market", footMore: "For sellers and programs", api: "API reference",
    setUpTitle: "This market is not set up yet", setUpText: "Set up its operator, currency and first shop; then buyers can come.", setUp: "Set it up",
  },
  order: { placed: "Awaiting payment", paid: "Paid", shipped: "On its way", delivered: "Delivered", completed: "Completed", cancelled: "Cancelled", returned: "Returned" },
};
export default en;
