const en = { title: "Messages", emptyTitle: "No messages yet", emptyText: "News of your orders and parcels comes here.", new: "New", about: "{{shop}}", whole: "Your order" };
export default en;
