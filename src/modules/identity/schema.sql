-- Identity's tables. Personal data is only in identity_person, encrypted; everything else is ids, states and
-- hashes. Tables with keys, hashes or ciphertext are not part of the state hash: their bytes are random.

-- step 1

create table market (
  market INT8 check (market = 1),
  platform INT8,
  entity INT8,
  operator_user INT8,
  currency INT8,
  utc_offset_minutes INT8 check (utc_offset_minutes between -720 and 840),
  name TEXT,
  key_check BYTES,
  created_at INT8,
  primary key (market)
);
-- reference
-- not hashed

create table market_parameter (
  name TEXT,
  valid_from INT8,
  value INT8,
  set_by INT8,
  set_at INT8,
  primary key (name, valid_from)
);
-- reference
-- clustered

create table identity_tenant (
  tenant INT8,
  kind INT8 check (kind between 0 and 2),
  name TEXT,
  created_at INT8,
  primary key (tenant)
);
-- shard tenant

create table identity_entity (
  entity INT8,
  tenant INT8,
  name TEXT,
  registration TEXT,
  created_at INT8,
  primary key (entity)
);
-- shard entity

create table identity_user (
  user_id INT8,
  tenant INT8,
  kind INT8 check (kind between 1 and 5),
  role INT8,
  state INT8 check (state between 0 and 2),
  created_at INT8,
  primary key (user_id)
);
-- shard user_id
create index identity_user_by_tenant on identity_user (tenant, user_id);

create table identity_person (
  user_id INT8,
  sealed_key BYTES,
  data BYTES,
  primary key (user_id)
);
-- shard user_id
-- not hashed

create table identity_email (
  email_key BYTES,
  user_id INT8,
  primary key (email_key)
);
-- shard email_key
-- clustered
-- not hashed

create table identity_credential (
  user_id INT8,
  password_hash TEXT,
  changed_at INT8,
  primary key (user_id)
);
-- shard user_id
-- not hashed

create table identity_signin (
  email_key BYTES,
  failures INT8 check (failures >= 0),
  failed_at INT8,
  locked_until INT8,
  primary key (email_key)
);
-- shard email_key
-- not hashed
create index identity_signin_by_time on identity_signin (failed_at);

create table identity_session (
  token_hash BYTES,
  session INT8,
  user_id INT8,
  remote TEXT,
  created_at INT8,
  seen_at INT8,
  primary key (token_hash)
);
-- shard token_hash
-- not hashed
create index identity_session_by_user on identity_session (user_id, session);
create index identity_session_by_time on identity_session (seen_at);

create table identity_api_key (
  api_key INT8,
  tenant INT8,
  user_id INT8,
  name TEXT,
  secret_hash BYTES,
  scopes INT8,
  created_at INT8,
  expires_at INT8,
  revoked_at INT8,
  primary key (api_key)
);
-- shard api_key
-- not hashed
create index identity_api_key_by_tenant on identity_api_key (tenant, api_key);
create index identity_api_key_by_user on identity_api_key (user_id, api_key);

create table identity_approval (
  approval INT8,
  action TEXT,
  parameters TEXT,
  note TEXT,
  state INT8 check (state between 0 and 3),
  proposer INT8,
  proposed_at INT8,
  expires_at INT8,
  decided_by INT8,
  decided_at INT8,
  reason TEXT,
  command INT8,
  primary key (approval),
  check (state <> 1 or decided_by <> proposer)
);
-- shard approval
create index identity_approval_by_state on identity_approval (state, expires_at);

-- step 2

-- Lists of many rows.
create index identity_user_by_tenant_and_kind on identity_user (tenant, kind, user_id);
create index identity_user_by_kind on identity_user (kind, user_id);
create index identity_user_not_active on identity_user (state, user_id) where state <> 0;
create index identity_approval_listed on identity_approval (state, approval);
