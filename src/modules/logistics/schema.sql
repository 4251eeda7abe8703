-- schema.sql - logistics: suppliers and purchase orders, goods receipts and what is owed for them, parcels and their
-- tracking. Quantities on shelves are ledger accounts; these rows say how they came and went.

-- step 1

create table supplier (
  supplier_id INT8,
  seller INT8,
  name TEXT,
  contact TEXT,
  payment_days INT8 check (payment_days between 0 and 365),
  primary key (supplier_id)
);
-- shard supplier_id
create index supplier_seller on supplier (seller, supplier_id);

create table purchase (
  purchase_id INT8,
  seller INT8,
  supplier_id INT8,
  warehouse_id INT8,
  state INT8,
  note TEXT,
  made_at INT8,
  primary key (purchase_id)
);
-- shard purchase_id
create index purchase_seller on purchase (seller, purchase_id);

create table purchase_line (
  purchase_id INT8,
  variant_id INT8,
  quantity INT8 check (quantity > 0),
  received INT8 check (received between 0 and quantity),
  unit_cost INT8 check (unit_cost >= 0),
  primary key (purchase_id, variant_id)
);
-- shard purchase_id
-- clustered

create table goods_receipt (
  purchase_id INT8,
  receipt_id INT8,
  seller INT8,
  delivery_note TEXT,
  at INT8,
  primary key (purchase_id, receipt_id)
);
-- shard purchase_id
-- clustered
-- append only

create table goods_receipt_line (
  purchase_id INT8,
  receipt_id INT8,
  variant_id INT8,
  quantity INT8 check (quantity > 0),
  unit_cost INT8,
  primary key (purchase_id, receipt_id, variant_id)
);
-- shard purchase_id
-- clustered
-- append only

create table payable (
  seller INT8,
  receipt_id INT8,
  supplier_id INT8,
  purchase_id INT8,
  amount INT8 check (amount >= 0),
  currency INT8,
  due INT8,
  state INT8,
  primary key (seller, receipt_id)
);
-- shard seller
-- clustered

create table parcel (
  parcel_id INT8,
  order_id INT8,
  child_id INT8,
  seller INT8,
  carrier TEXT,
  tracking TEXT,
  state INT8,
  made_at INT8,
  handed_over_at INT8,
  delivered_at INT8,
  proof TEXT,
  proof_hash BYTES,
  primary key (parcel_id)
);
-- shard parcel_id
create index parcel_order on parcel (order_id, child_id);
create index parcel_seller on parcel (seller, parcel_id);

create table parcel_number (
  carrier TEXT,
  tracking TEXT,
  parcel_id INT8,
  primary key (carrier, tracking)
);
-- shard carrier
-- clustered

create table parcel_line (
  parcel_id INT8,
  line_id INT8,
  quantity INT8 check (quantity > 0),
  primary key (parcel_id, line_id)
);
-- shard parcel_id
-- clustered
-- append only

create table tracking_event (
  parcel_id INT8,
  event TEXT,
  at INT8,
  tracking_id INT8,
  status INT8,
  raw_code TEXT,
  place TEXT,
  proof TEXT,
  received_at INT8,
  primary key (parcel_id, event, at)
);
-- shard parcel_id
-- clustered
-- append only
