const en = {
  title: "Orders", lead: "Every order of the market. Open one to see its whole story.", payments: "Payments", paymentsLead: "What buyers paid, with what, and what went back.",
  order: "Order", buyer: "Buyer", state: "State", placed: "Placed", paid: "Paid", total: "Total", refunded: "Refunded", external: "Outside number", latest: "Latest orders", all: "All orders",
  payment: "Payment", captured: "Captured", difference: "Difference", created: "Created", payable: "For", expires: "Expires",
  story: "From the order to the bank", steps: "What happened", recorded: "Recorded", journal: "Journal entries", journalLead: "Every posting this order caused. Debits and credits balance line by line.",
  attempts: "Channel attempts", noAttempts: "No outside channel took part", noAttemptsText: "It was paid from balances held in the market.", tenders: "Paid with", refunds: "Refunds", goods: "Goods", parts: "Merchants in this order",
  what: "What", at: "When", debit: "Debit", credit: "Credit", amount: "Amount", why: "Why", posting: "State", channel: "Channel", method: "Method", reference: "Channel's reference", reason: "Reason", kind: "Kind", fee: "Fee",
  seller: "Merchant", shop: "Shop", commission: "Commission", settles: "Settles on", freight: "Freight", quantity: "Quantity", price: "Price", item: "Item", returned: "Returned", businessDate: "Business date",
  query: "Ask the channels", capture: "Capture", queried: "Asked", noJournal: "Nothing has been posted yet", toOrder: "Open the order's story", units: "{{n}} units", goodsMoves: "Show goods and points", moneyOnly: "Money only",
  step: {
    "order.placed": "Order placed", "order.paid": "Order paid", "order.completed": "Order completed", "order.cancelled": "Order cancelled", "child_order.paid": "Merchant's part paid", "child_order.shipped": "Goods left", "child_order.delivered": "Goods arrived",
    "child_order.refunded": "Refunded", "child_order.cancelled": "Merchant's part cancelled", "return.asked": "Return asked for", "return.accepted": "Return accepted", "return.rejected": "Return refused", "parcel.handed_over": "Parcel handed over", "parcel.delivered": "Parcel delivered", "parcel.in_transit": "Parcel on its way", "review.written": "Review written",
  },
};
export default en;
