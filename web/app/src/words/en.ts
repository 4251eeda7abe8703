// en.ts - words of the application's frame; those of a board stand in its folder.
const en = {
  app: {
    skip: "Skip to content", navigation: "Main navigation", starsOf: "{{stars}} of 5 stars", soldOut: "Sold out", less: "One less", more: "One more",
    buyersOnly: "This part is for buyers. Sign in with a buyer's account.", console: "Console",
  },
  order: { placed: "Awaiting payment", paid: "Paid", shipped: "On its way", delivered: "Delivered", completed: "Completed", cancelled: "Cancelled", returned: "Returned" },
};
export default en;
