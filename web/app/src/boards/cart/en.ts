const en = {
  title: "Cart", emptyTitle: "Your cart is empty", emptyText: "One order can hold goods of many shops.", browse: "Look around", items: "Goods", freight: "Delivery", total: "Total",
  each: "{{amount}} each", remove: "Take out", moved: "was {{amount}}", gone: "Not for sale now", toCashier: "To the cashier", freeFrom: "{{amount}} more for free delivery", pieces_one: "{{count}} piece", pieces_other: "{{count}} pieces",
  cashier: "Cashier", where: "Where it goes", name: "Name", phone: "Phone", address: "Address", addressHint: "Street, number, city", remember: "Remember for my next order", note: "Note to the shops",
  how: "How you pay", voucher: "Voucher", voucherCode: "Voucher code", use: "Use", drop: "Remove", unknown: "There is no such voucher; check the code.", used: "This voucher was used before.", expired: "This voucher has expired.", currency: "This voucher is in another currency.",
  lapses: "{{amount}} of it is more than this order needs and is lost.", credit: "Campaign credit", noCredit: "No credit", wallet: "Wallet", walletHas: "{{amount}} available", rest: "By card or bank", restAmount: "{{amount}} still to pay",
  channel: "Channel", method: "Method", card: "Card", bank: "Bank transfer", debit: "Debit card", boleto: "Payment slip", walletMethod: "Outside wallet", token: "Payment token", tokenHint: "From your bank's form. Never type a card number here.",
  testCard: "Test card", cardGood: "Approves at once", cardLate: "Answers late", cardUnknown: "Leaves the outcome open", cardDecline: "Declines",
  result: "What happens when you pay", pays: "You pay", earns: "You earn", points_one: "{{count}} point", points_other: "{{count}} points", priceMoved: "Prices have changed since you put goods in. The amounts below are today's.",
  blocked: "Something in the cart can't be bought now. Take it out first.", pay: "Pay {{amount}}", consent: "Nothing is taken before you press the button. All of it happens, or nothing does.", coverRest: "Choose how to pay the rest.",
  fromVoucher: "Voucher {{code}}", fromCredit: "Campaign credit", fromWallet: "From your wallet", fromChannel: "{{method}} by {{channel}}",
  paying: "Payment", waitTitle: "Waiting for the bank", waitText: "This takes a few seconds. You can leave; we go on and tell you in messages.", openTitle: "The bank has not said yes or no", openText: "We keep asking until it does. Meanwhile your goods and your money are held, and you are never charged twice. You can leave; we tell you in messages.",
  paidTitle: "Paid", paidText: "The shops are told and pack your goods.", failedTitle: "Not paid", failedText: "Nothing was taken and all holds are released.", reason: "The bank says: {{reason}}", seeOrder: "See the order", again: "Put the goods back in the cart", home: "Go on shopping",
};
export default en;
