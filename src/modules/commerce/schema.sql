-- schema.sql - commerce's tables: shops and contracts, catalogue, stock's accounts by name, carts, orders, returns,
-- reviews. No balance lives here: units, money and points are ledger accounts; `shelf`, `shipped` are their ids.

-- step 1

create table shop (
  shop_id INT8,
  seller INT8,
  name TEXT,
  slug TEXT,
  theme TEXT,
  banner TEXT,
  freight INT8 check (freight >= 0),
  freight_free_from INT8 check (freight_free_from >= 0),
  warehouse_id INT8,
  state INT8,
  opened_at INT8,
  primary key (shop_id)
);
-- reference
create index shop_seller on shop (seller, shop_id);

create table shop_slug (
  slug TEXT,
  shop_id INT8,
  primary key (slug)
);
-- reference
-- clustered

create table contract (
  seller INT8,
  contract_id INT8,
  shop_id INT8,
  valid_from INT8,
  commission_ppb INT8 check (commission_ppb between 0 and 1000000000),
  reserve_ppb INT8 check (reserve_ppb between 0 and 1000000000),
  settle_days INT8 check (settle_days between 0 and 365),
  settle_rule INT8,
  state INT8,
  proposed_by INT8,
  approved_by INT8,
  made_at INT8,
  primary key (seller, contract_id)
);
-- reference
-- clustered

create table category (
  category_id INT8,
  parent INT8,
  name TEXT,
  name_zh TEXT,
  primary key (category_id)
);
-- reference

create table product (
  product_id INT8,
  seller INT8,
  shop_id INT8,
  category_id INT8,
  title TEXT,
  description TEXT,
  media TEXT,
  attributes TEXT,
  state INT8,
  made_at INT8,
  primary key (product_id)
);
-- reference
-- fts product(title, description)
create index product_seller on product (seller, product_id);
create index product_category on product (category_id, product_id);

create table product_rating (
  product_id INT8,
  reviews INT8,
  stars INT8,
  primary key (product_id)
);
-- reference

create table variant (
  variant_id INT8,
  product_id INT8,
  seller INT8,
  sku TEXT,
  name TEXT,
  attributes TEXT,
  asset INT8,
  primary key (variant_id)
);
-- reference
create index variant_product on variant (product_id, variant_id);

create table offer (
  offer_id INT8,
  seller INT8,
  shop_id INT8,
  product_id INT8,
  variant_id INT8,
  price INT8 check (price > 0),
  state INT8,
  made_at INT8,
  primary key (offer_id)
);
-- reference
create index offer_product on offer (product_id, offer_id);
create index offer_shop on offer (shop_id, offer_id);

create table offer_of (
  variant_id INT8,
  seller INT8,
  offer_id INT8,
  primary key (variant_id, seller)
);
-- reference
-- clustered

create table price_period (
  offer_id INT8,
  price_id INT8,
  valid_from INT8,
  valid_until INT8,
  price INT8 check (price > 0),
  primary key (offer_id, price_id)
);
-- reference
-- clustered
-- append only

create table warehouse (
  warehouse_id INT8,
  seller INT8,
  name TEXT,
  place TEXT,
  primary key (warehouse_id)
);
-- reference
create index warehouse_seller on warehouse (seller, warehouse_id);

create table stock (
  variant_id INT8,
  warehouse_id INT8,
  stock_id INT8,
  seller INT8,
  asset INT8,
  shelf INT8,
  shipped INT8,
  primary key (variant_id, warehouse_id)
);
-- reference
-- clustered
create index stock_seller on stock (seller, variant_id);

create table cart (
  cart_id INT8,
  buyer INT8,
  state INT8,
  order_id INT8,
  made_at INT8,
  primary key (cart_id)
);
-- shard cart_id
create index cart_buyer on cart (buyer, cart_id);

create table cart_line (
  cart_id INT8,
  offer_id INT8,
  quantity INT8 check (quantity between 1 and 999),
  price_seen INT8,
  primary key (cart_id, offer_id)
);
-- shard cart_id
-- clustered

create table orders (
  order_id INT8,
  buyer INT8,
  state INT8,
  currency INT8,
  items_total INT8 check (items_total >= 0),
  freight INT8 check (freight >= 0),
  refunded INT8 check (refunded >= 0 and refunded <= items_total + freight),
  payment_id INT8,
  points INT8 check (points >= 0),
  placed_at INT8,
  paid_at INT8,
  expires_at INT8,
  external TEXT,
  note TEXT,
  address TEXT,
  primary key (order_id)
);
-- shard order_id
create index orders_buyer on orders (buyer, order_id);
create index orders_unpaid on orders (expires_at, order_id) where state = 0;

create table order_external (
  external TEXT,
  order_id INT8,
  primary key (external)
);
-- shard external
-- clustered

create table child_order (
  order_id INT8,
  child_id INT8,
  seller INT8,
  shop_id INT8,
  contract_id INT8,
  state INT8,
  items_total INT8 check (items_total >= 0),
  freight INT8 check (freight >= 0),
  commission INT8 check (commission >= 0 and commission <= items_total),
  refunded INT8 check (refunded >= 0 and refunded <= items_total + freight),
  commission_back INT8 check (commission_back >= 0 and commission_back <= commission),
  settle_days INT8,
  settle_rule INT8,
  reserve_ppb INT8,
  shipped_at INT8,
  delivered_at INT8,
  settles_on INT8,
  primary key (order_id, child_id)
);
-- shard order_id
-- clustered
create index child_order_seller on child_order (seller, child_id);

create table order_line (
  order_id INT8,
  line_id INT8,
  child_id INT8,
  offer_id INT8,
  product_id INT8,
  variant_id INT8,
  stock_id INT8,
  shelf INT8,
  shipped INT8,
  sku TEXT,
  title TEXT,
  quantity INT8 check (quantity between 1 and 999),
  price INT8 check (price > 0),
  freight INT8 check (freight >= 0),
  commission INT8 check (commission >= 0),
  hold_high INT8,
  hold_low INT8,
  goods INT8,
  refunded_quantity INT8 check (refunded_quantity between 0 and quantity),
  refunded INT8 check (refunded >= 0 and refunded <= quantity * price + freight),
  commission_back INT8 check (commission_back >= 0 and commission_back <= commission),
  returned_quantity INT8 check (returned_quantity between 0 and quantity),
  review_id INT8,
  primary key (order_id, line_id)
);
-- shard order_id
-- clustered

create table order_event (
  order_id INT8,
  event_id INT8,
  child_id INT8,
  at INT8,
  what TEXT,
  detail TEXT,
  actor INT8,
  command_id INT8,
  primary key (order_id, event_id)
);
-- shard order_id
-- clustered
-- append only

create table order_refund (
  order_id INT8,
  refund_id INT8,
  child_id INT8,
  amount INT8 check (amount > 0),
  commission_back INT8,
  reason TEXT,
  at INT8,
  primary key (order_id, refund_id)
);
-- shard order_id
-- clustered
-- append only

create table order_return (
  order_id INT8,
  return_id INT8,
  child_id INT8,
  state INT8,
  reason TEXT,
  asked_at INT8,
  decided_at INT8,
  refunded INT8,
  primary key (order_id, return_id)
);
-- shard order_id
-- clustered

create table order_return_line (
  order_id INT8,
  return_id INT8,
  line_id INT8,
  quantity INT8 check (quantity > 0),
  primary key (order_id, return_id, line_id)
);
-- shard order_id
-- clustered
-- append only

create table review (
  product_id INT8,
  review_id INT8,
  order_id INT8,
  line_id INT8,
  buyer INT8,
  rating INT8 check (rating between 1 and 5),
  title TEXT,
  body TEXT,
  at INT8,
  primary key (product_id, review_id)
);
-- shard product_id
-- clustered

create table points_program (
  name TEXT,
  asset INT8,
  primary key (name)
);
-- reference

-- step 2

-- Products by price: the cheapest offer of each, found in order.
create index offer_price on offer (price, product_id);

-- step 3

-- Lists of many rows: each filter that people use is found, not looked for.
create index orders_by_state on orders (state, order_id);
drop index child_order_seller;
create index child_order_by_state on child_order (seller, state, child_id);
create index order_return_open on order_return (return_id) where state = 0;
drop index stock_seller;
create index stock_of_seller on stock (seller, variant_id, warehouse_id);
create index product_rating_best on product_rating ((stars * 100 / reviews), product_id) where reviews > 0;
