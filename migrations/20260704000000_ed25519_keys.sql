-- A key of kind EXCHANGE may sign with Ed25519 instead of a secret: its owner keeps the private key, and
-- the public one is all that is stored. "keyHash" is null then, since there is no secret.
alter table api_keys add column "publicKey" bytea;

alter table api_keys alter column "keyHash" drop not null;

alter table api_keys add constraint api_keys_public_key_length check (length("publicKey") = 32);

alter table api_keys add constraint api_keys_one_proof check (
    num_nonnulls("keyHash", "publicKey") = 1 and ("publicKey" is null or kind = 'EXCHANGE')
);
