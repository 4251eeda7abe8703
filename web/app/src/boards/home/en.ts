const en = { title: "Home", search: "Search tea, tents, turntables", shops: "Shops", allShops: "All shops", goods: "For you", hero: "One order, many shops", heroText: "Pay once, in the ways you like. Every shop is paid when your goods have arrived.", categories: "Categories" };
export default en;
