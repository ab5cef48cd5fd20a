-- The keys of the API in the shape of Binance Futures are pairs: the key is public, and its secret, which
-- signs requests and is never sent, is derived from the secret of the gateways and the key's id.
-- "keyHash" is the hash of that secret: where it differs, the gateways have another secret now.
alter table api_keys add column kind text not null default 'BEARER';

-- The addresses and networks from which the key may be used; any if null.
alter table api_keys add column "allowedAddresses" text[];

alter table api_keys add constraint api_keys_kind_known check (kind in ('BEARER', 'EXCHANGE'));
