-- Webhooks out: where an organisation wants events, how far the event feed was read, and what became of each delivery.

-- step 1

create table webhook (
  webhook INT8,
  tenant INT8,
  url TEXT,
  events TEXT,
  state INT8 check (state between 0 and 2),
  secret BYTES,
  old_secret BYTES,
  old_until INT8,
  created_at INT8,
  primary key (webhook)
);
-- shard webhook
-- not hashed
create index webhook_by_tenant on webhook (tenant, webhook);

create table webhook_cursor (
  feed INT8 check (feed = 1),
  event_id INT8,
  primary key (feed)
);
-- reference
-- not hashed

create table webhook_delivery (
  webhook INT8,
  event_id INT8,
  delivery INT8,
  aggregate INT8,
  type TEXT,
  state INT8 check (state between 0 and 2),
  tries INT8 check (tries >= 0),
  next_at INT8,
  ended_at INT8,
  http_status INT8,
  error TEXT,
  primary key (webhook, event_id)
);
-- shard webhook
create index webhook_delivery_by_id on webhook_delivery (delivery);
create index webhook_delivery_waiting on webhook_delivery (webhook, aggregate, state, event_id);

create table webhook_attempt (
  webhook INT8,
  delivery INT8,
  tried_at INT8,
  number INT8,
  http_status INT8,
  error TEXT,
  took_ms INT8,
  primary key (webhook, delivery, tried_at, number)
);
-- shard webhook
-- append only
-- not hashed
