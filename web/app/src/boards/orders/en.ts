const en = {
  title: "Orders", emptyTitle: "No orders yet", emptyText: "What you buy is listed here, with its parcels.", browse: "Look around", show: "Which orders", noneTitle: "No such orders", noneText: "Orders in this state are listed here.", progress: "How far it is", placed: "Placed", buyAgain: "Buy again", order: "Order", placedAt: "Placed {{time}}", pieces_one: "{{count}} piece", pieces_other: "{{count}} pieces", refunded: "Refunded {{amount}}",
  parcel: "Parcel", noParcel: "The shop packs your goods.", tracking: "{{carrier}}, {{number}}", paidWith: "How it was paid", story: "What happened", details: "Details", number: "Order number", note: "Note", address: "Goes to", earned: "Points",
  cancel: "Cancel order", cancelTitle: "Cancel this order?", cancelText: "All money goes back to where it came from, at once.", cancelled: "Cancelled; the money is on its way back.", keep: "Keep it", reason: "Reason",
  confirm: "I have received it", confirmTitle: "Everything arrived?", confirmText: "The shop is then paid. You can still return goods afterwards.", confirmed: "Thank you. The shop will be paid.",
  return: "Return", returnTitle: "Return goods", returnText: "The shop decides; the money goes back to where it came from.", returnSend: "Ask for the return", returnSent: "The shop has been asked.", howMany: "How many to return", returns: "Returns",
  review: "Review", reviewTitle: "Your review", reviewHead: "In a few words", reviewText: "In more words", reviewSend: "Publish", reviewSent: "Thank you for your review.", stars_one: "{{count}} star", stars_other: "{{count}} stars", reviewed: "Reviewed",
  asked: "Asked for", accepted: "Accepted", rejected: "Refused", payNow: "Go to payment", waiting: "The payment is being made.",
  tender: { balance: "Wallet", channel: "Card or bank", voucher: "Voucher", campaign: "Campaign credit", suspense: "Under review" },
  parcelState: { labelled: "Packed", handed_over: "Handed over", in_transit: "On its way", out_for_delivery: "Out for delivery", delivered: "Delivered", failed: "Delivery failed", returned: "Sent back", lost: "Lost" },
  step: {
    order_placed: "Order placed", order_paid: "Paid", order_payment_started: "Payment begun", order_cancelled: "Order cancelled", order_completed: "Everything arrived", order_expired: "Time to pay ran out",
    child_order_paid: "The shop was told", child_order_shipped: "Left the shop", child_order_delivered: "Arrived", child_order_cancelled: "Cancelled by the shop", child_order_refunded: "Refunded",
    child_order_return_asked: "Return asked for", child_order_return_accepted: "Return accepted", child_order_return_rejected: "Return refused",
    review_written: "Reviewed", parcel_made: "Packed", parcel_labelled: "Packed", parcel_handed_over: "Handed to the carrier", parcel_in_transit: "On its way", parcel_out_for_delivery: "Out for delivery", parcel_delivered: "Parcel delivered", parcel_failed: "Delivery failed", parcel_returned: "Parcel sent back", parcel_lost: "Parcel lost",
  },
};
export default en;
