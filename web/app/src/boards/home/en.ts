const en = { title: "Home", search: "Search tea, tents, turntables", shops: "Shops", allShops: "All shops", goods: "For you" };
export default en;
